package tagging

import (
	"context"
	"reflect"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

type m = map[string]any

func apply(t *testing.T, inputs, config m) resource.PropertyValue {
	t.Helper()
	result, err := Apply(context.Background(), resource.NewPropertyMapFromMap(inputs), resource.NewPropertyMapFromMap(config))
	if err != nil {
		t.Fatal(err)
	}
	return result["tagsAll"]
}

func TestLayers(t *testing.T) {
	for name, c := range map[string]struct{ inputs, config, want m }{
		"no tags at all":                {m{}, m{}, m{}},
		"own tags":                      {m{"tags": m{"a": "1"}}, m{}, m{"a": "1"}},
		"default tags":                  {m{}, m{"defaultTags": m{"tags": m{"a": "1"}}}, m{"a": "1"}},
		"own tag wins over the default": {m{"tags": m{"a": "own"}}, m{"defaultTags": m{"tags": m{"a": "1", "b": "2"}}}, m{"a": "own", "b": "2"}},
		"configuration as JSON text":    {m{}, m{"defaultTags": `{"tags":{"a":"1"}}`}, m{"a": "1"}},
		"ignored keys and prefixes": {
			m{"tags": m{"a": "1", "kept": "2", "aws:x": "3"}},
			m{"ignoreTags": m{"keys": []any{"a"}, "keyPrefixes": []any{"aws:"}}},
			m{"kept": "2"},
		},
		"numbers and booleans become text": {m{"tags": m{"n": 3.0, "b": true}}, m{}, m{"n": "3", "b": "true"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := apply(t, c.inputs, c.config)
			if want := resource.NewObjectProperty(resource.NewPropertyMapFromMap(c.want)); !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestInputsAreNotChanged(t *testing.T) {
	inputs := resource.NewPropertyMapFromMap(m{"tags": m{"a": "1"}, "name": "x"})
	result, err := Apply(context.Background(), inputs, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, changed := inputs["tagsAll"]; changed {
		t.Error("the caller's inputs gained tagsAll")
	}
	if result["name"] != resource.NewStringProperty("x") {
		t.Errorf("other inputs are kept, got %v", result)
	}
}

func TestUnknownTagMakesAllUnknown(t *testing.T) {
	inputs := resource.PropertyMap{"tags": resource.NewObjectProperty(resource.PropertyMap{
		"a": resource.MakeComputed(resource.NewStringProperty("")),
	})}
	result, err := Apply(context.Background(), inputs, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !result["tagsAll"].ContainsUnknowns() {
		t.Errorf("want unknown, got %v", result["tagsAll"])
	}
}

func TestSecretTagMakesAllSecret(t *testing.T) {
	inputs := resource.PropertyMap{"tags": resource.NewObjectProperty(resource.PropertyMap{
		"a": resource.MakeSecret(resource.NewStringProperty("hidden")),
	})}
	result, err := Apply(context.Background(), inputs, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !result["tagsAll"].IsSecret() {
		t.Errorf("want a secret, got %v", result["tagsAll"])
	}
}

func TestWrongShapesAreErrors(t *testing.T) {
	for name, c := range map[string]struct{ inputs, config m }{
		"nested tag":          {m{"tags": m{"a": m{"b": "c"}}}, m{}},
		"defaultTags not map": {m{}, m{"defaultTags": []any{"a"}}},
		"broken JSON":         {m{}, m{"defaultTags": "{"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Apply(context.Background(), resource.NewPropertyMapFromMap(c.inputs), resource.NewPropertyMapFromMap(c.config))
			if err == nil {
				t.Error("want an error")
			}
		})
	}
}
