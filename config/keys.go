package config

import (
	"reflect"
	"slices"
	"strings"
)

// setting is one key of the configuration: its dotted name, its Go type and its place in Config.
type setting struct {
	name string
	doc  string
	typ  reflect.Type
	path []int
}

// env is the name of the environment variable that sets it.
func (s setting) env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(s.name, ".", "_"))
}

const envPrefix = "PARLEY_"

// settings lists every key in the order of the struct. It is the one list that
// defaults, file, environment, flags and printing share.
var settings = walk(reflect.TypeFor[Config](), "", nil)

func walk(t reflect.Type, prefix string, path []int) []setting {
	var found []setting
	for i := range t.NumField() {
		field := t.Field(i)
		name := prefix + field.Tag.Get("mapstructure")
		at := append(slices.Clone(path), i)
		if field.Type.Kind() == reflect.Struct {
			found = append(found, walk(field.Type, name+".", at)...)
			continue
		}
		found = append(found, setting{name: name, doc: field.Tag.Get("doc"), typ: field.Type, path: at})
	}
	return found
}

// in returns the setting's value within c.
func (s setting) in(c *Config) reflect.Value {
	return reflect.ValueOf(c).Elem().FieldByIndex(s.path)
}

// Names lists every key, in the order in which `parley config` prints them.
func Names() []string {
	names := make([]string, len(settings))
	for i, s := range settings {
		names[i] = s.name
	}
	return names
}

// Doc returns the sentence about a key, for the help of its flag; empty for an unknown one.
func Doc(name string) string {
	for _, s := range settings {
		if s.name == name {
			doc, _, _ := strings.Cut(s.doc, "\n")
			return doc
		}
	}
	return ""
}

func isSection(name string) bool {
	return slices.ContainsFunc(settings, func(s setting) bool { return strings.HasPrefix(s.name, name+".") })
}

// nearest picks the known name that needs the fewest edits to become name.
func nearest(name string, known []string) string {
	return slices.MinFunc(known, func(a, b string) int { return distance(name, a) - distance(name, b) })
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
