package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"parley/models"
)

// teams is what the commands about teams change; chat.Admin does it.
type teams interface {
	Teams(ctx context.Context, organization int64) ([]models.Team, error)
	Team(ctx context.Context, uuid string) (models.Team, error)
	// TeamMembers lists by team who is in it.
	TeamMembers(ctx context.Context, teams []models.Team) (map[int64][]int64, error)
	CreateTeam(ctx context.Context, organization int64, name string) (models.Team, error)
	DeleteTeam(ctx context.Context, organization int64, uuid string) error
	SetTeamMember(ctx context.Context, organization int64, uuid string, manager int64, belongs bool) error
}

func (a *app) teamCommand() *cobra.Command {
	create := &cobra.Command{Use: "create", Short: "Make a team", Args: cobra.NoArgs, RunE: a.createTeam}
	create.Flags().Int64("org", 0, "id of the organisation (may be left out when there is one only)")
	create.Flags().String("name", "", "its name")
	all := &cobra.Command{Use: "list", Short: "List teams", Args: cobra.NoArgs, RunE: a.listTeams}
	all.Flags().Int64("org", 0, "of this organisation only")
	add := &cobra.Command{Use: "add", Short: "Put a manager into a team", RunE: a.setTeamMember(true)}
	remove := &cobra.Command{Use: "remove", Short: "Take a manager out of a team", RunE: a.setTeamMember(false)}
	for _, c := range []*cobra.Command{add, remove} {
		c.Flags().Int64("manager", 0, "id of the manager")
	}
	drop := &cobra.Command{Use: "delete", Short: "Delete a team; its members stay", RunE: a.deleteTeam}
	addID(add, remove, drop)
	addJSON(create, all, add, remove, drop)
	return group("team", "Teams, which conversations are passed on to", create, all, add, remove, drop)
}

// teamView is a team as this command prints it.
type teamView struct {
	ID             string      `json:"id"`
	OrganizationID int64       `json:"organization_id"`
	Name           string      `json:"name"`
	ManagerIDs     []int64     `json:"manager_ids"`
	CreatedAt      models.Time `json:"created_at"`
}

// showTeams prints teams with who is in them: one, or a list.
func (a *app) showTeams(c *cobra.Command, door admin, all []models.Team, one bool) error {
	members, err := door.TeamMembers(c.Context(), all)
	if err != nil {
		return err
	}
	rows := [][]string{{"ID", "ORG", "NAME", "MANAGERS"}}
	views := make([]teamView, len(all))
	for i, t := range all {
		views[i] = teamView{t.UUID, t.OrganizationID, t.Name, append([]int64{}, members[t.ID]...), t.CreatedAt}
		var ids []string
		for _, id := range members[t.ID] {
			ids = append(ids, number(id))
		}
		rows = append(rows, []string{t.UUID, number(t.OrganizationID), t.Name, strings.Join(ids, ",")})
	}
	if one {
		return a.show(c, views[0], rows...)
	}
	return a.show(c, views, rows...)
}

func (a *app) createTeam(c *cobra.Command, _ []string) error {
	if err := required(c, "name"); err != nil {
		return err
	}
	name, _ := c.Flags().GetString("name")
	return a.inOrganization(c, func(ctx context.Context, door admin, org int64) error {
		t, err := door.CreateTeam(ctx, org, name)
		if err != nil {
			return err
		}
		return a.showTeams(c, door, []models.Team{t}, true)
	})
}

func (a *app) listTeams(c *cobra.Command, _ []string) error {
	org, _ := c.Flags().GetInt64("org")
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		all, err := ofEach(ctx, door, org, door.Teams)
		if err != nil {
			return err
		}
		return a.showTeams(c, door, all, false)
	})
}

// ofTeam runs work with the team of the command line.
func (a *app) ofTeam(c *cobra.Command, args []string, work func(context.Context, admin, models.Team) error) error {
	uuid, err := idText(c, args)
	if err != nil {
		return err
	}
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		t, err := door.Team(ctx, uuid)
		if err != nil {
			return err
		}
		return work(ctx, door, t)
	})
}

func (a *app) setTeamMember(belongs bool) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		if !c.Flags().Changed("manager") {
			return usagef("%s: --manager is missing", c.CommandPath())
		}
		manager, _ := c.Flags().GetInt64("manager")
		return a.ofTeam(c, args, func(ctx context.Context, door admin, t models.Team) error {
			if err := door.SetTeamMember(ctx, t.OrganizationID, t.UUID, manager, belongs); err != nil {
				return err
			}
			return a.showTeams(c, door, []models.Team{t}, true)
		})
	}
}

func (a *app) deleteTeam(c *cobra.Command, args []string) error {
	return a.ofTeam(c, args, func(ctx context.Context, door admin, t models.Team) error {
		if err := door.DeleteTeam(ctx, t.OrganizationID, t.UUID); err != nil {
			return err
		}
		return a.show(c, map[string]any{"id": t.UUID, "deleted": true}, []string{"team " + t.UUID + " is deleted"})
	})
}
