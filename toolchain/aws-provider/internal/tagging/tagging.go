// Package tagging works out `tagsAll`, the tags a resource really gets, before the provider sees the inputs.
//
// The upstream provider works them out while planning, too late for Pulumi: a policy or a transform would look at a
// resource without the provider's default tags. The package knows nothing of the upstream provider, so that its tests
// compile in seconds.
package tagging

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Apply returns a copy of a resource's inputs in which `tagsAll` holds the provider's `defaultTags`, overlaid with the
// resource's own `tags`, without those that the provider's `ignoreTags` names. Where any of these is not known yet,
// nor is `tagsAll`; where any is secret, `tagsAll` is. It has the signature of the bridge's PreCheckCallback; config is
// the provider's configuration.
func Apply(_ context.Context, inputs, config resource.PropertyMap) (resource.PropertyMap, error) {
	result := inputs.Copy()
	tags, defaults, ignored := inputs["tags"], config["defaultTags"], config["ignoreTags"]
	for _, v := range []resource.PropertyValue{tags, defaults, ignored} {
		if v.ContainsUnknowns() {
			result["tagsAll"] = resource.NewOutputProperty(resource.Output{Known: false})
			return result, nil
		}
	}

	merged := map[string]string{}
	defaultTags, err := object("defaultTags", defaults)
	if err != nil {
		return nil, err
	}
	for _, layer := range []struct {
		name  string
		value resource.PropertyValue
	}{{"defaultTags.tags", defaultTags["tags"]}, {"tags", tags}} {
		if err := overlay(merged, layer.name, layer.value); err != nil {
			return nil, err
		}
	}
	ignore, err := object("ignoreTags", ignored)
	if err != nil {
		return nil, err
	}
	drop(merged, strs(ignore["keys"]), strs(ignore["keyPrefixes"]))

	all := resource.PropertyMap{}
	for key, value := range merged {
		all[resource.PropertyKey(key)] = resource.NewStringProperty(value)
	}
	property := resource.NewObjectProperty(all)
	if tags.ContainsSecrets() || defaults.ContainsSecrets() {
		property = resource.MakeSecret(property)
	}
	result["tagsAll"] = property
	return result, nil
}

// overlay writes the tags of one layer over those of the layers below it.
func overlay(merged map[string]string, name string, value resource.PropertyValue) error {
	tags, err := object(name, value)
	if err != nil {
		return err
	}
	for key, v := range tags {
		v = plain(v)
		switch {
		case v.IsNull():
		case v.IsString():
			merged[string(key)] = v.StringValue()
		case v.IsBool(), v.IsNumber():
			merged[string(key)] = fmt.Sprint(v.V)
		default:
			return fmt.Errorf("%s: the value of tag %q is a %s; expected a string", name, key, v.TypeString())
		}
	}
	return nil
}

func drop(tags map[string]string, keys, prefixes []string) {
	for _, key := range keys {
		delete(tags, key)
	}
	for key := range tags {
		for _, prefix := range prefixes {
			if strings.HasPrefix(key, prefix) {
				delete(tags, key)
				break
			}
		}
	}
}

// object reads a map. The engine hands an explicit provider's configuration over as objects, but stack configuration
// (`aws:defaultTags`) as JSON text.
func object(name string, value resource.PropertyValue) (resource.PropertyMap, error) {
	value = plain(value)
	switch {
	case value.IsNull():
		return nil, nil
	case value.IsObject():
		return value.ObjectValue(), nil
	case value.IsString():
		var decoded map[string]any
		if err := json.Unmarshal([]byte(value.StringValue()), &decoded); err != nil {
			return nil, fmt.Errorf("%s: expected an object, got text that is not a JSON object: %w", name, err)
		}
		return resource.NewPropertyMapFromMap(decoded), nil
	default:
		return nil, fmt.Errorf("%s: expected an object, got a %s", name, value.TypeString())
	}
}

func strs(value resource.PropertyValue) []string {
	value = plain(value)
	if !value.IsArray() {
		return nil
	}
	var result []string
	for _, item := range value.ArrayValue() {
		if item = plain(item); item.IsString() {
			result = append(result, item.StringValue())
		}
	}
	return result
}

// plain strips the markers of secrets and of known outputs.
func plain(value resource.PropertyValue) resource.PropertyValue {
	for {
		switch {
		case value.IsSecret():
			value = value.SecretValue().Element
		case value.IsOutput():
			value = value.OutputValue().Element
		default:
			return value
		}
	}
}
