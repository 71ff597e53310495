package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"parley/bayeux/bayeuxtest"
)

func (a *app) bayeuxCommand() *cobra.Command {
	return group("bayeux", "Tools for any Bayeux server: Faye, CometD or this one", a.tapCommand(), a.conformanceCommand(), a.benchCommand())
}

// serverURL reads the address of a Bayeux server. A websocket address is that of the
// mount too: the handshake of long-polling goes to the same place.
func serverURL(c *cobra.Command, text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "", usagef("%s: %q is not an address such as http://localhost:8080/faye", c.CommandPath(), text)
	}
	switch u.Scheme {
	case "ws":
		u.Scheme = "http"
	case "wss":
		u.Scheme = "https"
	case "http", "https":
	default:
		return "", usagef("%s: %q begins with neither http nor ws", c.CommandPath(), text)
	}
	return u.String(), nil
}

// addCredentials adds --ext and --token.
func addCredentials(commands ...*cobra.Command) {
	for _, c := range commands {
		c.Flags().String("ext", "", "JSON `object` sent as ext with every handshake, connect, subscribe and publish")
		c.Flags().String("token", "", "shorthand for an ext with this token")
	}
}

// credentials is the ext of --ext and --token, nil when neither was given.
func credentials(c *cobra.Command) (map[string]any, error) {
	text, _ := c.Flags().GetString("ext")
	token, _ := c.Flags().GetString("token")
	if text == "" && token == "" {
		return nil, nil
	}
	ext := map[string]any{}
	if text != "" {
		if err := json.Unmarshal([]byte(text), &ext); err != nil || ext == nil {
			return nil, usagef("%s: --ext is not a JSON object", c.CommandPath())
		}
	}
	if token != "" {
		ext["token"] = token
	}
	return ext, nil
}

func addHeaders(commands ...*cobra.Command) {
	for _, c := range commands {
		c.Flags().StringArray("header", nil, "`header` of every request, such as 'Authorization: Bearer …'; may be repeated")
	}
}

func headers(c *cobra.Command) (http.Header, error) {
	lines, _ := c.Flags().GetStringArray("header")
	all := http.Header{}
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, usagef("%s: --header %q has no colon", c.CommandPath(), line)
		}
		all.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return all, nil
}

func addTransport(c *cobra.Command) {
	c.Flags().String("transport", bayeuxtest.LongPolling, fmt.Sprintf("%s or %s", bayeuxtest.LongPolling, bayeuxtest.WebSocket))
}

func transportOf(c *cobra.Command) (string, error) {
	kind, _ := c.Flags().GetString("transport")
	if kind != bayeuxtest.LongPolling && kind != bayeuxtest.WebSocket {
		return "", usagef("%s: --transport is %s or %s", c.CommandPath(), bayeuxtest.LongPolling, bayeuxtest.WebSocket)
	}
	return kind, nil
}
