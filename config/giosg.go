package config

import (
	"fmt"
	"time"
)

// Giosg is the API for what was written for giosg.
type Giosg struct {
	PublicURL                string `mapstructure:"public_url" doc:"What the server is called by, like https://chat.example.com, for the links in answers. Empty: as the request says."`
	VisitorCollectionChannel bool   `mapstructure:"visitor_collection_channel" doc:"Whether one may listen to all visitors of a room at once; each alone always."`
	GeoCityDatabase          string `mapstructure:"geo_city_database" doc:"File of a database in MaxMind's format (GeoLite2-City, GeoIP2-City or alike) that tells visitors' cities and countries.\nIt is read again when it changes. Empty: they stay unknown."`
	GeoOrganizationDatabase  string `mapstructure:"geo_organization_database" doc:"The same of whose addresses are: GeoLite2-ASN, GeoIP2-ISP or alike."`

	ForgetVisitorsAfter time.Duration `mapstructure:"forget_visitors_after" doc:"How long visitors are known who came to a room, never wrote, and were not seen again. 0: for ever."`
}

func (g Giosg) validate() error {
	if g.ForgetVisitorsAfter < 0 {
		return fmt.Errorf("giosg.forget_visitors_after: %s is no time", g.ForgetVisitorsAfter)
	}
	if g.PublicURL == "" {
		return nil
	}
	if g.PublicURL == "*" || validateOrigin(g.PublicURL) != nil {
		return fmt.Errorf("giosg.public_url: %q is no address like https://chat.example.com, without a path", g.PublicURL)
	}
	return nil
}
