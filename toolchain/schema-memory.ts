import { changed } from "./trim";

/** Module with the schema machinery that the provider is written with, as its importers spell it. */
export const PLUGIN_SDK = "github.com/hashicorp/terraform-plugin-sdk/v2";

/** One place in a Go file that is replaced by something else. */
interface Change {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Let the plugin SDK work a resource's schema out once, not at each of a dozen places of every check, plan and apply. Web ACLs have tens of thousands
 * of nested blocks: one took 4 s of a core at each preview and each update, most of it to copy and describe the same schema again. Results stay the same:
 * nobody changes what is remembered, and whoever changes a copy still has one of his own.
 */
export const schemaChanges: readonly Change[] = [
  {
    file: "helper/schema/core_schema.go",
    from: 'import (\n\t"context"\n\t"fmt"\n',
    to: 'import (\n\t"context"\n\t"fmt"\n\t"sync"\n',
  },
  {
    file: "helper/schema/core_schema.go",
    from: "func (r *Resource) CoreConfigSchema() *configschema.Block {\n",
    to: `func (r *Resource) CoreConfigSchema() *configschema.Block {
	if known, ok := coreConfigSchemas.Load(r); ok {
		return known.(*configschema.Block)
	}
	known, _ := coreConfigSchemas.LoadOrStore(r, r.describe())
	return known.(*configschema.Block)
}

var coreConfigSchemas sync.Map

func (r *Resource) describe() *configschema.Block {
`,
  },
  {
    file: "internal/configs/configschema/implied_type.go",
    from: 'import (\n\t"github.com/hashicorp/go-cty/cty"\n',
    to: 'import (\n\t"sync"\n\n\t"github.com/hashicorp/go-cty/cty"\n',
  },
  {
    file: "internal/configs/configschema/implied_type.go",
    from: "func (b *Block) ImpliedType() cty.Type {\n",
    to: `func (b *Block) ImpliedType() cty.Type {
	if known, ok := impliedTypes.Load(b); ok {
		return known.(cty.Type)
	}
	known, _ := impliedTypes.LoadOrStore(b, b.imply())
	return known.(cty.Type)
}

var impliedTypes sync.Map

func (b *Block) imply() cty.Type {
`,
  },
  { file: "helper/schema/schema.go", from: '\t"github.com/mitchellh/copystructure"\n', to: "" },
  {
    file: "helper/schema/schema.go",
    from: `	copiedMap, err := copystructure.Config{Lock: true}.Copy(m)
	if err != nil {
		panic(err)
	}
	return *copiedMap.(*schemaMap)
}
`,
    to: `	return copyOf(*m)
}

func copyOf(m schemaMap) schemaMap {
	if m == nil {
		return nil
	}
	copied := make(schemaMap, len(m))
	for name, each := range m {
		copied[name] = each.copy()
	}
	return copied
}

func (s *Schema) copy() *Schema {
	if s == nil {
		return nil
	}
	copied := *s
	switch elem := s.Elem.(type) {
	case *Schema:
		copied.Elem = elem.copy()
	case *Resource:
		nested := *elem
		nested.Schema = copyOf(elem.SchemaMap())
		nested.SchemaFunc = nil
		copied.Elem = &nested
	}
	return &copied
}
`,
  },
];

/** Files of the plugin SDK that are changed. */
export const SCHEMA_FILES: readonly string[] = [...new Set(schemaChanges.map(({ file }) => file))];

/** The changed text of one of these files. @throws UserError when the file has another form than in the pinned version */
export function rememberSchemas(file: string, source: string): string {
  return schemaChanges
    .filter((change) => change.file === file)
    .reduce((text, { from, to }) => {
      if (text.split(from).length !== 2) throw changed(file, `does not have once: ${from.trim()}`);
      return text.replace(from, () => to);
    }, source);
}
