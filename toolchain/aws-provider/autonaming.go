package main

import (
	"context"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// randomDigits is how many hexadecimal digits follow an automatic name: `<logical name>-1a2b3c4`.
const randomDigits = 7

// autonameByDefault names a resource after its logical name where it has a field `name` that nobody set and no override
// describes. 255 characters is what the official plugin allows; a type with a lower limit has an override.
func autonameByDefault(entry *tfbridge.ResourceInfo, schema shim.SchemaMap) {
	if _, described := entry.Fields["name"]; described {
		return
	}
	if isInput(schema, "name") && schema.Get("name").Type() == shim.TypeString {
		entry.Fields["name"] = named("name", 255)
	}
}

// named maps an upstream field to the given Pulumi property, with an automatic name of at most maxLength characters.
func named(property string, maxLength int) *tfbridge.SchemaInfo {
	return tfbridge.AutoName(property, maxLength, "-")
}

// namedLower is named for what AWS wants in small letters.
func namedLower(property string, maxLength int) *tfbridge.SchemaInfo {
	return tfbridge.AutoNameTransform(property, maxLength, strings.ToLower)
}

// namedFIFO is named for queues and topics, whose name must end in `.fifo` where the given property is true.
func namedFIFO(fifoProperty string, maxLength int) *tfbridge.SchemaInfo {
	return tfbridge.AutoNameWithCustomOptions("name", tfbridge.AutoNameOptions{
		Separator: "-",
		Maxlen:    maxLength,
		Randlen:   randomDigits,
		PostTransform: func(res *tfbridge.PulumiResource, name string) (string, error) {
			if fifo, ok := res.Properties[asKey(fifoProperty)]; ok && fifo.IsBool() && fifo.BoolValue() {
				return name + ".fifo", nil
			}
			return name, nil
		},
	})
}

// namedKMSAlias gives the prefix that the names of KMS aliases have.
func namedKMSAlias() *tfbridge.SchemaInfo {
	const prefix = "alias/"
	return tfbridge.AutoNameWithCustomOptions("name", tfbridge.AutoNameOptions{
		Separator: "-",
		// Of AWS's 256 characters; the official plugin leaves this many.
		Maxlen:  238,
		Randlen: randomDigits,
		PostTransform: func(_ *tfbridge.PulumiResource, name string) (string, error) {
			if strings.HasPrefix(name, prefix) {
				return name, nil
			}
			return prefix + name, nil
		},
	})
}

// namedDatabase gives SQL Server, whose identifiers have at most 15 characters, fewer random digits. It has no separator,
// as in the official plugin.
func namedDatabase() *tfbridge.SchemaInfo {
	return &tfbridge.SchemaInfo{Default: &tfbridge.DefaultInfo{
		AutoNamed: true,
		ComputeDefault: func(ctx context.Context, opts tfbridge.ComputeDefaultOptions) (any, error) {
			options := tfbridge.AutoNameOptions{Randlen: randomDigits, Maxlen: 255}
			engine := opts.Properties["engine"]
			if engine.IsString() && strings.Contains(strings.ToLower(engine.StringValue()), "sqlserver") {
				options.Randlen, options.Maxlen = 3, 15
			}
			return tfbridge.ComputeAutoNameDefault(ctx, options, opts)
		},
	}}
}

// logicalName is the logical name as it is.
func logicalName() *tfbridge.SchemaInfo {
	return &tfbridge.SchemaInfo{Default: &tfbridge.DefaultInfo{From: tfbridge.FromName(tfbridge.AutoNameOptions{})}}
}
