// Command pulumi-resource-aws is the AWS provider for Pulumi, for the resource types named in types.json: the upstream
// Terraform provider, trimmed to the services those types need, behind Pulumi's Terraform bridge. Token and property
// names, automatic names and tags are those of the official plugin whose version it reports, so the official SDK
// (@pulumi/aws) drives it unchanged.
//
// It reads its Pulumi schema and the bridge's metadata from schema.json and metadata.json beside the executable;
// `pulumi-resource-aws -write-schema` writes both there, once, after the build.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	pftfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
)

// version is set by the linker to that of the @pulumi/aws SDK this provider matches.
var version = "0.0.0-dev"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-aws:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	executable, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding the folder of this executable: %w", err)
	}
	dir := filepath.Dir(executable)
	ctx := context.Background()
	if len(args) == 1 && args[0] == "-write-schema" {
		return writeSchema(ctx, dir)
	}

	schema, err := os.ReadFile(filepath.Join(dir, schemaFile))
	if err != nil {
		return fmt.Errorf("%w: run `%s -write-schema` once after building", err, executable)
	}
	metadata, err := os.ReadFile(filepath.Join(dir, metadataFile))
	if err != nil {
		return fmt.Errorf("%w: run `%s -write-schema` once after building", err, executable)
	}
	info, err := newProvider(ctx, metadata)
	if err != nil {
		return err
	}
	pftfbridge.MainWithMuxer(ctx, "aws", *info, schema)
	return nil
}
