package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/viper"
)

// Options says where Load looks. Its zero value looks at parley.yaml only.
type Options struct {
	// File is read when named, and must then exist. Otherwise the first parley.yaml
	// found in Dirs is read, if there is one; nil Dirs means ./ and /etc/parley/.
	File string
	Dirs []string
	// Environ is in the form of os.Environ. A variable that is empty counts as unset,
	// for that is how compose files and unit files pass on what nobody set.
	Environ []string
	// Flags holds values by key, as text.
	Flags map[string]string
	// Defaults replaces values of Default, by key and as text, beneath all other sources.
	Defaults map[string]string
}

// Load reads and validates the settings. An error is one line and shows no secret.
func Load(o Options) (Config, error) {
	v := viper.New()
	c := Default()
	for _, s := range settings {
		v.SetDefault(s.name, s.in(&c).Interface())
	}
	for _, read := range []func(*viper.Viper, Options) error{readDefaults, readFile, readEnviron, readFlags} {
		if err := read(v, o); err != nil {
			return Config{}, err
		}
	}
	if err := v.UnmarshalExact(&c); err != nil {
		return Config{}, oneLine(err)
	}
	return c, c.Validate()
}

// Each reader overlays what those before it left.

func readDefaults(v *viper.Viper, o Options) error { return setTexts(v, o.Defaults, "default") }

func readFlags(v *viper.Viper, o Options) error { return setTexts(v, o.Flags, "flag") }

func setTexts(v *viper.Viper, texts map[string]string, source string) error {
	for name, text := range texts {
		if !slices.Contains(Names(), name) {
			return unknown(source, name, Names())
		}
		if err := set(v, name, text); err != nil {
			return fmt.Errorf("%s: %w", source, err)
		}
	}
	return nil
}

func set(v *viper.Viper, name string, raw any) error {
	i := slices.IndexFunc(settings, func(s setting) bool { return s.name == name })
	value, err := settings[i].parse(raw)
	if err == nil {
		v.Set(name, value)
	}
	return err
}

// FindFile returns the file that Load would read, "" for none.
func FindFile(o Options) (string, error) {
	if o.File != "" {
		return o.File, nil
	}
	if o.Dirs == nil {
		o.Dirs = []string{".", "/etc/parley"}
	}
	for _, dir := range o.Dirs {
		// Not viper's own search: that also takes a file named just parley, the binary.
		name := filepath.Join(dir, "parley.yaml")
		switch _, err := os.Stat(name); {
		case err == nil:
			return name, nil
		case !errors.Is(err, fs.ErrNotExist):
			return "", err
		}
	}
	return "", nil
}

func readFile(v *viper.Viper, o Options) error {
	name, err := FindFile(o)
	if err != nil || name == "" {
		return err
	}
	file := viper.New()
	file.SetConfigFile(name)
	file.SetConfigType("yaml")
	if err := file.ReadInConfig(); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: no such file", name)
		}
		return fmt.Errorf("%s: %w", name, oneLine(err))
	}
	for _, key := range file.AllKeys() {
		switch {
		case slices.Contains(Names(), key), isSection(key) && file.Get(key) == nil:
		case isSection(key):
			return fmt.Errorf("%s: %s is a section of settings, not a value", name, key)
		default:
			return unknown(name, key, Names())
		}
	}
	for _, key := range Names() {
		if raw := file.Get(key); raw != nil {
			if err := set(v, key, raw); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

// orchestrated matches what Kubernetes puts into every container beside a Service whose
// name begins with parley, as in PARLEY_WEB_PORT=tcp://10.0.0.1:80. That is not ours,
// though it looks it; the value keeps a mistaken PARLEY_HTTP_PORT=8080 out.
var orchestrated = regexp.MustCompile(`^PARLEY(_\w+)?_(SERVICE_HOST=|SERVICE_PORT(_\w+)?=\d|PORT=(tcp|udp|sctp)://|PORT_\d+_(TCP|UDP|SCTP)(_PROTO|_PORT|_ADDR)?=)`)

func readEnviron(v *viper.Viper, o Options) error {
	known := make([]string, len(settings))
	for i, s := range settings {
		known[i] = s.env()
	}
	for _, entry := range o.Environ {
		name, text, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, envPrefix) || orchestrated.MatchString(entry) {
			continue
		}
		i := slices.Index(known, name)
		if i < 0 {
			return unknown("environment", name, known)
		}
		if text == "" {
			continue
		}
		if err := set(v, settings[i].name, text); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func unknown(source, name string, known []string) error {
	return fmt.Errorf("%s: %s: unknown key; the nearest known one is %s", source, name, nearest(name, known))
}

// oneLine folds the paragraphs that the YAML parser and viper write.
func oneLine(err error) error {
	return errors.New(strings.Join(strings.Fields(err.Error()), " "))
}
