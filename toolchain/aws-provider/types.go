package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

//go:embed types.json
var typesJSON []byte

// typeTable is types.json: by Pulumi module, the class or function that each upstream type becomes. The `services` there
// are those whose upstream packages are compiled; the build reads them.
type typeTable struct {
	Services  []string                     `json:"services"`
	Resources map[string]map[string]string `json:"resources"`
	Functions map[string]map[string]string `json:"functions"`
}

func readTypes() (*typeTable, error) {
	var table typeTable
	if err := json.Unmarshal(typesJSON, &table); err != nil {
		return nil, fmt.Errorf("types.json: %w", err)
	}
	return &table, nil
}

// resources returns the bridge's entry of every resource type, with its overrides.
func (t *typeTable) resources() (map[string]*tfbridge.ResourceInfo, error) {
	overridden := resourceOverrides()
	result := map[string]*tfbridge.ResourceInfo{}
	for module, classes := range t.Resources {
		for upstream, class := range classes {
			info, ok := overridden[upstream]
			if !ok {
				info = &tfbridge.ResourceInfo{}
			}
			delete(overridden, upstream)
			if info.Fields == nil {
				info.Fields = map[string]*tfbridge.SchemaInfo{}
			}
			info.Tok = tokens.Type(token(module, class))
			result[upstream] = info
		}
	}
	for upstream := range overridden {
		return nil, fmt.Errorf("%s has overrides, but types.json does not list it", upstream)
	}
	return result, nil
}

// functions returns the bridge's entry of every function (upstream: data source).
func (t *typeTable) functions() map[string]*tfbridge.DataSourceInfo {
	result := map[string]*tfbridge.DataSourceInfo{}
	for module, names := range t.Functions {
		for upstream, name := range names {
			result[upstream] = &tfbridge.DataSourceInfo{
				Tok:    tokens.ModuleMember(token(module, name)),
				Fields: functionFields[upstream],
			}
		}
	}
	return result
}

// token spells a Pulumi token the way the SDK does: the file is the name with a small first letter.
func token(module, name string) string {
	return fmt.Sprintf("aws:%s/%s:%s", module, strings.ToLower(name[:1])+name[1:], name)
}
