package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/x/muxer"
	"github.com/pulumi/pulumi-terraform-bridge/v3/unstable/metadata"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
)

const (
	schemaFile   = "schema.json"
	metadataFile = "metadata.json"
)

// writeSchema works out the Pulumi schema of the provider, and which of its two halves (Plugin SDK v2, Plugin
// Framework) serves each type, and writes both into dir.
func writeSchema(ctx context.Context, dir string) error {
	info, err := newProvider(ctx, []byte("{}"))
	if err != nil {
		return err
	}
	shim, ok := info.P.(interface {
		ResolveDispatch(*tfbridge.ProviderInfo) (muxer.DispatchTable, error)
	})
	if !ok {
		return fmt.Errorf("the bridge's provider (%T) can't tell which half serves a type", info.P)
	}
	dispatch, err := shim.ResolveDispatch(info)
	if err != nil {
		return fmt.Errorf("working out which half of the provider serves each type: %w", err)
	}
	if err := metadata.Set(info.GetMetadata(), "mux", dispatch); err != nil {
		return fmt.Errorf("recording which half of the provider serves each type: %w", err)
	}
	result, err := tfgen.GenerateSchemaWithOptions(tfgen.GenerateSchemaOptions{
		ProviderInfo:    *info,
		DiagnosticsSink: diag.DefaultSink(os.Stderr, os.Stderr, diag.FormatOptions{Color: colors.Never}),
		// Upstream's documentation is not part of the module; without this the generator goes looking for it.
		XInMemoryDocs: true,
	})
	if err != nil {
		return fmt.Errorf("generating the schema: %w", err)
	}
	schema, err := json.Marshal(result.PackageSpec)
	if err != nil {
		return fmt.Errorf("encoding the schema: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, schemaFile), schema, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, metadataFile), (*metadata.Data)(info.GetMetadata()).MarshalIndent(), 0o644)
}
