package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"parley/chat"
	"parley/models"
)

// The demo's people. Everybody knows their password, so the demo listens on this machine alone unless told
// otherwise.
const demoPassword = "parley-demo" // #nosec G101 -- the sample site's, printed at every start

var demoManagers = []struct{ name, email, role string }{
	{"Anna", "anna@example.com", string(models.RoleAdmin)},
	{"Boris", "boris@example.com", string(models.RoleManager)},
}

const demoOrganization = "Teapot & Co."

// seedDemo makes the sample organisation and its managers, those that are not there, and returns the organisation.
func seedDemo(ctx context.Context, s chat.Store) (models.Organization, error) {
	people := chat.NewAdmin(s)
	organization, err := findDemo(ctx, s, people)
	if err != nil {
		return organization, err
	}
	for _, m := range demoManagers {
		_, err := s.View(ctx).ManagerByEmail(m.email)
		if errors.Is(err, chat.ErrNoRecord) {
			_, err = people.CreateManager(ctx, organization.ID, m.name, m.email, demoPassword, m.role)
		}
		if err != nil {
			return organization, err
		}
	}
	return organization, nil
}

// findDemo finds the organisation by its people, or by its name when all have left; at last it makes one.
func findDemo(ctx context.Context, s chat.Store, people *chat.Admin) (models.Organization, error) {
	for _, m := range demoManagers {
		there, err := s.View(ctx).ManagerByEmail(m.email)
		if err == nil {
			return people.Organization(ctx, there.OrganizationID)
		}
		if !errors.Is(err, chat.ErrNoRecord) {
			return models.Organization{}, err
		}
	}
	all, err := people.Organizations(ctx)
	if err != nil {
		return models.Organization{}, err
	}
	if i := slices.IndexFunc(all, func(o models.Organization) bool { return o.Name == demoOrganization }); i >= 0 {
		return all[i], nil
	}
	made, err := people.CreateOrganization(ctx, demoOrganization)
	if err != nil {
		return made, err
	}
	return people.UpdateOrganization(ctx, made.ID, chat.OrganizationChanges{Calls: chat.To(true)})
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
