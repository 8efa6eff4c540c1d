package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/hashicorp/terraform-provider-aws/xpprovider"
	pftfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"llm-stacks/toolchain/aws-provider/internal/tagging"
)

// newProvider describes the upstream provider to the bridge. metadata is the content of metadata.json.
func newProvider(ctx context.Context, metadata []byte) (*tfbridge.ProviderInfo, error) {
	upstream, err := upstreamProvider(ctx)
	if err != nil {
		return nil, err
	}
	types, err := readTypes()
	if err != nil {
		return nil, err
	}
	resources, err := types.resources()
	if err != nil {
		return nil, err
	}
	info := &tfbridge.ProviderInfo{
		P:              upstream,
		Name:           "aws",
		Version:        version,
		ResourcePrefix: "aws",
		Resources:      resources,
		DataSources:    types.functions(),
		ExtraTypes:     extraTypes(),
		MetadataInfo:   tfbridge.NewProviderMetadata(metadata),
		Config: map[string]*tfbridge.SchemaInfo{
			"region":                  {Default: &tfbridge.DefaultInfo{EnvVars: []string{"AWS_REGION", "AWS_DEFAULT_REGION"}}},
			"profile":                 {Default: &tfbridge.DefaultInfo{EnvVars: []string{"AWS_PROFILE"}}},
			"skip_metadata_api_check": {Type: "boolean"},
		},
	}
	if err := ignoreTheRest(info); err != nil {
		return nil, err
	}
	for name, entry := range info.Resources {
		schema := info.P.ResourcesMap().Get(name).Schema()
		autonameByDefault(entry, schema)
		if isInput(schema, "tags") && isInput(schema, "tags_all") {
			entry.PreCheckCallback = inTurn(entry.PreCheckCallback, tagging.Apply)
			// For the check alone to set; a program sets `tags`.
			entry.Fields["tags_all"] = &tfbridge.SchemaInfo{MarkAsComputedOnly: tfbridge.True(), MarkAsOptional: tfbridge.False()}
		}
		if isInput(schema, "region") && schema.Get("region").Deprecated() == "" {
			entry.PreCheckCallback = inTurn(entry.PreCheckCallback, applyRegion)
		}
	}
	return info, nil
}

// upstreamProvider joins the two halves of the upstream provider: types written for the Plugin SDK v2, and those
// written for the Plugin Framework.
func upstreamProvider(ctx context.Context) (shim.Provider, error) {
	// The constructors log every type they register.
	log.SetOutput(io.Discard)
	defer log.SetOutput(os.Stderr)
	framework, sdk, err := xpprovider.GetProvider(ctx)
	if err != nil {
		return nil, fmt.Errorf("constructing the upstream provider: %w", err)
	}
	return pftfbridge.MuxShimWithPF(ctx, shimv2.NewProvider(sdk), framework), nil
}

// ignoreTheRest tells the bridge that upstream types without an entry are left out on purpose, and checks that every
// entry exists upstream.
func ignoreTheRest(info *tfbridge.ProviderInfo) error {
	info.P.ResourcesMap().Range(func(name string, _ shim.Resource) bool {
		if _, ok := info.Resources[name]; !ok {
			info.IgnoreMappings = append(info.IgnoreMappings, name)
		}
		return true
	})
	info.P.DataSourcesMap().Range(func(name string, _ shim.Resource) bool {
		if _, ok := info.DataSources[name]; !ok {
			info.IgnoreMappings = append(info.IgnoreMappings, name)
		}
		return true
	})
	for name := range info.Resources {
		if _, ok := info.P.ResourcesMap().GetOk(name); !ok {
			return fmt.Errorf("types.json lists the resource %s, which upstream does not have: is its service among `services`?", name)
		}
	}
	for name := range info.DataSources {
		if _, ok := info.P.DataSourcesMap().GetOk(name); !ok {
			return fmt.Errorf("types.json lists the function %s, which upstream does not have: is its service among `services`?", name)
		}
	}
	return nil
}

type preCheck = func(context.Context, resource.PropertyMap, resource.PropertyMap) (resource.PropertyMap, error)

func inTurn(first, second preCheck) preCheck {
	if first == nil {
		return second
	}
	return func(ctx context.Context, inputs, config resource.PropertyMap) (resource.PropertyMap, error) {
		inputs, err := first(ctx, inputs, config)
		if err != nil {
			return nil, err
		}
		return second(ctx, inputs, config)
	}
}

// applyRegion fills in the provider's region. Upstream does it while planning, after Pulumi has checked the inputs.
func applyRegion(_ context.Context, inputs, config resource.PropertyMap) (resource.PropertyMap, error) {
	if own, ok := inputs["region"]; ok && !own.IsNull() {
		return inputs, nil
	}
	region, ok := config["region"]
	if !ok || region.IsNull() {
		return inputs, nil
	}
	result := inputs.Copy()
	result["region"] = region
	return result, nil
}

func isInput(schema shim.SchemaMap, field string) bool {
	s, ok := schema.GetOk(field)
	return ok && (s.Optional() || s.Required())
}
