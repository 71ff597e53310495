package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"parley/chat"
	"parley/models"
)

// roomKeys is what the commands about rooms' keys change; chat.Admin does it.
type roomKeys interface {
	RoomKeys(ctx context.Context, room models.Room) ([]models.RoomKey, error)
	CreateRoomKey(ctx context.Context, room models.Room, r chat.RoomKeyRequest) (models.RoomKey, error)
	DeleteRoomKey(ctx context.Context, room models.Room, uuid string) error
}

func (a *app) roomKeyCommand() *cobra.Command {
	create := &cobra.Command{Use: "create", Short: "Make a key with which the site signs what its pages say of visitors, and show it this once", RunE: a.createRoomKey}
	create.Flags().String("name", "", "what it is for")
	create.Flags().String("secret", "", "a secret of 16 bytes at least, instead of one that is drawn; - reads it from standard input")
	create.Flags().String("public-key", "", "file with a public key of RSA, in PEM, instead of a secret")
	create.MarkFlagsMutuallyExclusive("secret", "public-key")
	all := &cobra.Command{Use: "list", Short: "List a room's keys; not the secrets themselves", RunE: a.listRoomKeys}
	remove := &cobra.Command{Use: "delete", Short: "Delete a room's key; what it has signed is not believed any more", RunE: a.deleteRoomKey}
	remove.Flags().String("key", "", "id of the key")
	addID(create, all, remove)
	addJSON(create, all, remove)
	for _, c := range []*cobra.Command{create, all, remove} {
		c.Long = c.Short + ".\nID is the room's, or its token."
	}
	return group("key", "Keys that a room's visitors' data is signed with", create, all, remove)
}

// roomKeyView is a key as this command prints it. The key itself is a public one, or shown this once.
type roomKeyView struct {
	ID        string             `json:"id"`
	RoomID    string             `json:"room_id"`
	Name      string             `json:"name"`
	Kind      models.RoomKeyKind `json:"kind"`
	Key       string             `json:"key,omitempty"`
	CreatedAt models.Time        `json:"created_at"`
}

func viewRoomKey(r models.Room, k models.RoomKey) roomKeyView {
	return roomKeyView{k.UUID, r.UUID, k.Name, k.Kind, k.Key, k.CreatedAt}
}

func roomKeyRows(all ...models.RoomKey) [][]string {
	rows := [][]string{{"ID", "NAME", "KIND", "CREATED"}}
	for _, k := range all {
		rows = append(rows, []string{k.UUID, k.Name, string(k.Kind), k.CreatedAt.String()})
	}
	return rows
}

// givenKey reads what the key is to be. Nothing given: a secret is drawn.
func (a *app) givenKey(c *cobra.Command) (r chat.RoomKeyRequest, err error) {
	r.Name, r.Key = givenText(c, "name").To, givenText(c, "secret").To
	if r.Key == "-" {
		r.Key, err = firstLine(a.stdin)
	}
	if file := givenText(c, "public-key"); file.Set && err == nil {
		var pem []byte
		pem, err = os.ReadFile(file.To)
		r.Kind, r.Key = models.RoomPublicKey, string(pem)
	}
	return r, err
}

func (a *app) createRoomKey(c *cobra.Command, args []string) error {
	request, err := a.givenKey(c)
	if err != nil {
		return err
	}
	return a.ofRoom(c, args, func(ctx context.Context, door admin, r models.Room) error {
		k, err := door.CreateRoomKey(ctx, r, request)
		if err != nil {
			return err
		}
		rows := roomKeyRows(k)
		if k.Kind == models.RoomSecret {
			rows[0], rows[1] = append(rows[0], "SECRET (shown this once)"), append(rows[1], k.Key)
		}
		return a.show(c, viewRoomKey(r, k), rows...)
	})
}

func (a *app) listRoomKeys(c *cobra.Command, args []string) error {
	return a.ofRoom(c, args, func(ctx context.Context, door admin, r models.Room) error {
		all, err := door.RoomKeys(ctx, r)
		if err != nil {
			return err
		}
		views := make([]roomKeyView, len(all))
		for i, k := range all {
			views[i] = viewRoomKey(r, k)
		}
		return a.show(c, views, roomKeyRows(all...)...)
	})
}

func (a *app) deleteRoomKey(c *cobra.Command, args []string) error {
	if err := required(c, "key"); err != nil {
		return err
	}
	id := givenText(c, "key").To
	return a.ofRoom(c, args, func(ctx context.Context, door admin, r models.Room) error {
		if err := door.DeleteRoomKey(ctx, r, id); err != nil {
			return err
		}
		return a.show(c, map[string]any{"id": id, "deleted": true}, []string{"key " + id + " is deleted"})
	})
}
