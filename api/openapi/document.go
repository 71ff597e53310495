package openapi

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed spec/*.yaml
var spec embed.FS

// frame begins the document.
const frame = "spec/parley.yaml"

var document = sync.OnceValues(func() (*yaml.Node, error) { return assemble(spec, frame) })

// Document is the whole document, as YAML.
var Document = sync.OnceValues(func() ([]byte, error) {
	root, err := document()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	err = e.Encode(root)
	return b.Bytes(), err
})

// assemble puts the files together, the first one first and the others by name.
func assemble(files fs.FS, first string) (*yaml.Node, error) {
	root, err := read(files, first)
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "spec/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if name == first {
			continue
		}
		part, err := read(files, name)
		if err == nil {
			err = merge(root, part)
		}
		if err != nil {
			return nil, fmt.Errorf("openapi: %s: %w", name, err)
		}
	}
	return root, nil
}

func read(files fs.FS, name string) (*yaml.Node, error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	var node yaml.Node
	if err := yaml.Unmarshal(text, &node); err != nil {
		return nil, fmt.Errorf("openapi: %s: %w", name, err)
	}
	if len(node.Content) != 1 || node.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("openapi: %s is no mapping", name)
	}
	node.Content[0].HeadComment = "" // it is for whoever edits the files
	if keys := node.Content[0].Content; len(keys) > 0 {
		keys[0].HeadComment = ""
	}
	return node.Content[0], nil
}

// merge adds the entries of a mapping to another one. Mappings of the same name become one.
func merge(into, from *yaml.Node) error {
	for i := 0; i < len(from.Content); i += 2 {
		name, value := from.Content[i], from.Content[i+1]
		there := entry(into, name.Value)
		switch {
		case there == nil:
			into.Content = append(into.Content, name, value)
		case there.Kind == yaml.MappingNode && value.Kind == yaml.MappingNode:
			if err := merge(there, value); err != nil {
				return fmt.Errorf("%s: %w", name.Value, err)
			}
		default:
			return fmt.Errorf("%s is defined twice", name.Value)
		}
	}
	return nil
}

// entry finds a mapping's value; nil when there is none.
func entry(mapping *yaml.Node, name string) *yaml.Node {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == name {
			return mapping.Content[i+1]
		}
	}
	return nil
}
