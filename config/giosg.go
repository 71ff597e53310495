package config

import "fmt"

// Giosg is the API for what was written for giosg.
type Giosg struct {
	PublicURL                string `mapstructure:"public_url" doc:"What the server is called by, like https://chat.example.com, for the links in answers. Empty: as the request says."`
	VisitorCollectionChannel bool   `mapstructure:"visitor_collection_channel" doc:"Whether one may listen to all visitors of a room at once; each alone always."`
}

func (g Giosg) validate() error {
	if g.PublicURL == "" {
		return nil
	}
	if g.PublicURL == "*" || validateOrigin(g.PublicURL) != nil {
		return fmt.Errorf("giosg.public_url: %q is no address like https://chat.example.com, without a path", g.PublicURL)
	}
	return nil
}
