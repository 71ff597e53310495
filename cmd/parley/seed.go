package main

import (
	"context"
	"fmt"
	"io"

	"parley/chat"
	"parley/models"
)

// The demo's people. Everybody knows their password, so the demo listens on this machine alone unless told
// otherwise.
const demoPassword = "parley-demo"

var demoManagers = []struct{ name, email, role string }{
	{"Anna", "anna@example.com", string(models.RoleAdmin)},
	{"Boris", "boris@example.com", string(models.RoleManager)},
}

// seedDemo makes the sample organisation and its managers, those that are not there yet, and returns the
// organisation that Anna works for.
func seedDemo(ctx context.Context, s chat.Store) (models.Organization, error) {
	people := chat.NewAdmin(s)
	anna, err := s.View(ctx).ManagerByEmail(demoManagers[0].email)
	if err == nil {
		return people.Organization(ctx, anna.OrganizationID)
	}
	organization, err := people.CreateOrganization(ctx, "Teapot & Co.")
	if err != nil {
		return organization, err
	}
	for _, m := range demoManagers {
		if _, err := people.CreateManager(ctx, organization.ID, m.name, m.email, demoPassword, m.role); err != nil {
			return organization, err
		}
	}
	return organization, nil
}

// greetDemo tells where to go.
func greetDemo(w io.Writer, base string) {
	fmt.Fprintf(w, `
  Parley is running with a sample site.

    The site, as a visitor:    %s/demo/
    The dashboard, as Anna:    %s/dashboard/

    Logins: `, base, base)
	for i, m := range demoManagers {
		if i > 0 {
			fmt.Fprint(w, ", ")
		}
		fmt.Fprint(w, m.email)
	}
	fmt.Fprintf(w, "\n    Password: %s\n\n  Open both, switch Anna to \"On duty\" in the dashboard, then write in the site's chat.\n\n", demoPassword)
}
