package main

import (
	"context"

	"github.com/spf13/cobra"

	"parley/chat"
	"parley/models"
)

// rooms is what the commands about rooms change; chat.Admin does it.
type rooms interface {
	Rooms(ctx context.Context, organization int64) ([]models.Room, error)
	// Room finds one by its uuid or token.
	Room(ctx context.Context, name string) (models.Room, error)
	CreateRoom(ctx context.Context, organization int64, c chat.RoomChanges) (models.Room, error)
	ChangeRoom(ctx context.Context, organization int64, name string, c chat.RoomChanges) (models.Room, error)
	DeleteRoom(ctx context.Context, organization int64, name string) error
}

func (a *app) roomCommand() *cobra.Command {
	create := &cobra.Command{Use: "create", Short: "Make a room: of a site's pages, with a domain, or of another kind", Args: cobra.NoArgs, RunE: a.createRoom}
	create.Flags().Int64("org", 0, "id of the organisation (may be left out when there is one only)")
	create.Flags().String("domain", "", "host whose pages it is for, such as www.example.com")
	all := &cobra.Command{Use: "list", Short: "List rooms", Args: cobra.NoArgs, RunE: a.listRooms}
	all.Flags().Int64("org", 0, "of this organisation only")
	show := &cobra.Command{Use: "show", Short: "Show one room, by its uuid or token", RunE: a.showRoom}
	update := &cobra.Command{Use: "update", Aliases: []string{"set"}, Short: "Change a room: name, language, what counts as signed", RunE: a.updateRoom}
	remove := &cobra.Command{Use: "delete", Short: "Delete a room; what took place there stays", RunE: a.deleteRoom}
	for _, c := range []*cobra.Command{create, update} {
		c.Flags().String("name", "", "its name")
		c.Flags().String("language", "", "its language, such as en or pt-BR")
		c.Flags().Bool("signatures", false, "whether what pages say of visitors counts only with a signature")
		c.Flags().Bool("checksums", false, "whether md5 and sha1 are signatures, too")
	}
	addID(show, update, remove)
	addJSON(create, all, show, update, remove)
	return group("room", "Rooms, in which conversations take place", create, all, show, update, remove, a.roomKeyCommand())
}

// roomView is a room as this command prints it.
type roomView struct {
	ID                 string      `json:"id"`
	Token              string      `json:"token"`
	OrganizationID     int64       `json:"organization_id"`
	Name               string      `json:"name"`
	Domain             *string     `json:"domain"`
	Language           string      `json:"language_code"`
	Main               bool        `json:"main"`
	SignaturesRequired bool        `json:"signatures_required"`
	Checksums          bool        `json:"checksums"`
	CreatedAt          models.Time `json:"created_at"`
}

func viewRoom(r models.Room) roomView {
	return roomView{r.UUID, r.Token, r.OrganizationID, r.Name, r.Domain, r.LanguageCode, r.Main, r.SignaturesRequired, r.Checksums, r.CreatedAt}
}

func roomRows(all ...models.Room) [][]string {
	rows := [][]string{{"ID", "ORG", "NAME", "DOMAIN", "SIGNATURES", "TOKEN"}}
	for _, r := range all {
		domain, signatures := "", "optional"
		if r.Domain != nil {
			domain = *r.Domain
		}
		if r.SignaturesRequired {
			signatures = "required"
		}
		rows = append(rows, []string{r.UUID, number(r.OrganizationID), r.Name, domain, signatures, r.Token})
	}
	return rows
}

func (a *app) showRooms(c *cobra.Command, r models.Room, err error) error {
	if err != nil {
		return err
	}
	return a.show(c, viewRoom(r), roomRows(r)...)
}

func givenFlag(c *cobra.Command, name string) chat.Change[bool] {
	is, _ := c.Flags().GetBool(name)
	return chat.Change[bool]{Set: c.Flags().Changed(name), To: is}
}

func givenRoom(c *cobra.Command) chat.RoomChanges {
	return chat.RoomChanges{
		Name: givenText(c, "name"), LanguageCode: givenText(c, "language"),
		SignaturesRequired: givenFlag(c, "signatures"), Checksums: givenFlag(c, "checksums"),
	}
}

func (a *app) createRoom(c *cobra.Command, _ []string) error {
	if err := required(c, "name"); err != nil {
		return err
	}
	changes := givenRoom(c)
	changes.Domain = givenText(c, "domain")
	return a.inOrganization(c, func(ctx context.Context, door admin, org int64) error {
		r, err := door.CreateRoom(ctx, org, changes)
		return a.showRooms(c, r, err)
	})
}

func (a *app) listRooms(c *cobra.Command, _ []string) error {
	org, _ := c.Flags().GetInt64("org")
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		all, err := ofEach(ctx, door, org, door.Rooms)
		if err != nil {
			return err
		}
		views := make([]roomView, len(all))
		for i, r := range all {
			views[i] = viewRoom(r)
		}
		return a.show(c, views, roomRows(all...)...)
	})
}

// ofRoom runs work with the room of the command line.
func (a *app) ofRoom(c *cobra.Command, args []string, work func(context.Context, admin, models.Room) error) error {
	name, err := idText(c, args)
	if err != nil {
		return err
	}
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		r, err := door.Room(ctx, name)
		if err != nil {
			return err
		}
		return work(ctx, door, r)
	})
}

func (a *app) showRoom(c *cobra.Command, args []string) error {
	return a.ofRoom(c, args, func(_ context.Context, _ admin, r models.Room) error { return a.showRooms(c, r, nil) })
}

func (a *app) updateRoom(c *cobra.Command, args []string) error {
	changes := givenRoom(c)
	return a.ofRoom(c, args, func(ctx context.Context, door admin, r models.Room) error {
		r, err := door.ChangeRoom(ctx, r.OrganizationID, r.UUID, changes)
		return a.showRooms(c, r, err)
	})
}

func (a *app) deleteRoom(c *cobra.Command, args []string) error {
	return a.ofRoom(c, args, func(ctx context.Context, door admin, r models.Room) error {
		if err := door.DeleteRoom(ctx, r.OrganizationID, r.UUID); err != nil {
			return err
		}
		return a.show(c, map[string]any{"id": r.UUID, "deleted": true}, []string{"room " + r.UUID + " is deleted"})
	})
}
