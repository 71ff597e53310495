package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Write prints the settings as YAML that Load reads, with secrets hidden.
func (c Config) Write(w io.Writer) error { return c.print(w, false) }

// WriteDefaults prints the default settings as a file to start from: every key with
// a comment about it. Load reads it back to exactly Default().
func WriteDefaults(w io.Writer) error {
	if _, err := io.WriteString(w, defaultsHead); err != nil {
		return err
	}
	return Default().print(w, true)
}

const defaultsHead = `# Settings of Parley, with their defaults. Delete what you do not change.
# Every key is also an environment variable: http.listen is PARLEY_HTTP_LISTEN.
# Durations are like 30s, 2m or a number of seconds; sizes like 65536, 64KiB or 1MiB.
`

func (c Config) print(w io.Writer, comments bool) error {
	var b bytes.Buffer
	if err := printSection(&b, reflect.ValueOf(c), "", comments); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

func printSection(b *bytes.Buffer, section reflect.Value, indent string, comments bool) error {
	for i := range section.NumField() {
		field := section.Type().Field(i)
		if comments {
			if indent == "" {
				b.WriteByte('\n')
			}
			printComment(b, field.Tag.Get("doc"), indent)
		}
		fmt.Fprintf(b, "%s%s:", indent, field.Tag.Get("mapstructure"))
		if field.Type.Kind() == reflect.Struct {
			b.WriteByte('\n')
			if err := printSection(b, section.Field(i), indent+"  ", comments); err != nil {
				return err
			}
			continue
		}
		text, err := yamlValue(section.Field(i).Interface(), indent)
		if err != nil {
			return err
		}
		b.WriteString(text + "\n")
	}
	return nil
}

func printComment(b *bytes.Buffer, doc, indent string) {
	for line := range strings.Lines(doc) {
		fmt.Fprintf(b, "%s# %s\n", indent, strings.TrimRight(line, "\n"))
	}
}

// yamlValue writes what follows a key's colon. YAML reads JSON's strings and lists as
// they are, which spares this package a YAML encoder.
func yamlValue(value any, indent string) (string, error) {
	switch v := value.(type) {
	case time.Duration:
		return " " + duration(v), nil
	case Bytes:
		return " " + v.String(), nil
	case []Key:
		return yamlMappings(v, indent)
	case []Channel:
		return yamlMappings(v, indent)
	case History:
		return fmt.Sprintf(" {size: %d, age: %s}", v.Size, duration(v.Age)), nil
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", err
	}
	return " " + strings.TrimRight(b.String(), "\n"), nil
}

func yamlMappings[T any](list []T, indent string) (string, error) {
	if len(list) == 0 {
		return " []", nil
	}
	var b strings.Builder
	for _, mapping := range list {
		lead := "\n" + indent + "  - "
		fields := reflect.ValueOf(mapping)
		for i := range fields.NumField() {
			if fields.Field(i).IsZero() {
				continue
			}
			text, err := yamlValue(fields.Field(i).Interface(), indent)
			if err != nil {
				return "", err
			}
			b.WriteString(lead + fields.Type().Field(i).Tag.Get("mapstructure") + ":" + text)
			lead = "\n" + indent + "    "
		}
	}
	return b.String(), nil
}

// duration is time.Duration.String without its idle zeros: 24h, not 24h0m0s.
func duration(d time.Duration) string {
	switch {
	case d == 0:
		return "0s"
	case d%time.Hour == 0:
		return strconv.FormatInt(int64(d/time.Hour), 10) + "h"
	case d%time.Minute == 0:
		return strconv.FormatInt(int64(d/time.Minute), 10) + "m"
	}
	return d.String()
}
