package chat

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"parley/models"
)

// RoomKeyReader reads the keys that a room's visitors' data is signed with.
type RoomKeyReader interface {
	// RoomKeys lists a room's, by rising id.
	RoomKeys(roomID int64) ([]models.RoomKey, error)
}

// RoomKeyTx changes them. The organisation is locked.
type RoomKeyTx interface {
	CreateRoomKey(k *models.RoomKey) error
	DeleteRoomKey(id int64) error
}

const (
	// maxRoomKeys bounds how many a room has: each is tried with what strangers send.
	maxRoomKeys = 10
	// minSigningSecret and maxSigningSecret bound a secret, in bytes.
	minSigningSecret = 16
	maxSigningSecret = 512
	maxSigningPEM    = 4 << 10
)

// RoomKeyRequest asks for a key of a room.
type RoomKeyRequest struct {
	Name string
	// Kind empty is a secret.
	Kind models.RoomKeyKind
	// Key is a secret of 16 bytes at least, or a public key of RSA in PEM; empty: a secret is drawn.
	Key string
}

// clean checks it and brings the key into the form in which it is kept.
func (r *RoomKeyRequest) clean() (err error) {
	if r.Name == "" {
		r.Name = "signing key"
	}
	if r.Name, err = validName(r.Name); err != nil {
		return err
	}
	switch r.Kind {
	case models.RoomSecret, "":
		r.Kind = models.RoomSecret
		if r.Key == "" {
			r.Key = strings.ToLower(rand.Text() + rand.Text())
		}
		if n := len(r.Key); n < minSigningSecret || n > maxSigningSecret || !plain(r.Key) {
			return E(Invalid, "key_invalid", "A secret has %d to %d bytes", minSigningSecret, maxSigningSecret)
		}
		return nil
	case models.RoomPublicKey:
		if r.Key = strings.TrimSpace(r.Key); len(r.Key) > maxSigningPEM {
			r.Key = ""
		}
		_, err = ParseSigningKey(r.Key)
		return err
	}
	return E(Invalid, "kind_invalid", "A key is a secret or a public one: kind is secret or public")
}

func roomKeyNotFound() *Error {
	return E(NotFound, "room_key_not_found", "There is no such key")
}

func createRoomKey(ctx context.Context, tx Tx, by Principal, room models.Room, r RoomKeyRequest) (models.RoomKey, error) {
	if _, err := tx.LockOrganization(room.OrganizationID); err != nil {
		return models.RoomKey{}, err
	}
	all, err := tx.RoomKeys(room.ID)
	if err != nil {
		return models.RoomKey{}, err
	}
	if len(all) >= maxRoomKeys {
		return models.RoomKey{}, E(Conflict, "room_keys_full", "A room has at most %d keys", maxRoomKeys)
	}
	k := models.RoomKey{
		UUID: newUUID(), RoomID: room.ID, OrganizationID: room.OrganizationID, Name: r.Name, Kind: r.Kind, Key: r.Key, CreatedAt: now(),
	}
	if err := tx.CreateRoomKey(&k); err != nil {
		return k, err
	}
	return k, auditRoomKey(ctx, tx, by, models.AuditRoomKeyAdded, room, k)
}

func auditRoomKey(ctx context.Context, tx Tx, by Principal, action models.AuditAction, room models.Room, k models.RoomKey) error {
	return audit(ctx, tx, by, Deed{
		Action: action, OrganizationID: k.OrganizationID, Target: targetOf("room_key", k.ID), Details: map[string]any{"room": room.UUID, "kind": k.Kind},
	})
}

func deleteRoomKey(ctx context.Context, tx Tx, by Principal, room models.Room, uuid string) error {
	if _, err := tx.LockOrganization(room.OrganizationID); err != nil {
		return err
	}
	all, err := tx.RoomKeys(room.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(k models.RoomKey) bool { return k.UUID == uuid })
	if i < 0 {
		return roomKeyNotFound()
	}
	if err := tx.DeleteRoomKey(all[i].ID); err != nil {
		return err
	}
	return auditRoomKey(ctx, tx, by, models.AuditRoomKeyDeleted, room, all[i])
}

// mayKeepKeys lets somebody with the permission settings keep a room's keys: whoever has it may write what they sign.
func mayKeepKeys(p Principal, room models.Room) error {
	if err := maySettings(p); err != nil {
		return err
	}
	if p.OrganizationID != room.OrganizationID {
		return roomNotFound()
	}
	return nil
}

// RoomKeys lists a room's keys. Secrets are not told again.
func (s *Service) RoomKeys(ctx context.Context, p Principal, room models.Room) ([]models.RoomKey, error) {
	if err := mayKeepKeys(p, room); err != nil {
		return nil, err
	}
	list, err := s.store.View(ctx).RoomKeys(room.ID)
	return withoutSecrets(list), err
}

func withoutSecrets(list []models.RoomKey) []models.RoomKey {
	for i := range list {
		if list[i].Kind == models.RoomSecret {
			list[i].Key = ""
		}
	}
	return list
}

// CreateRoomKey makes a key for a room, which is told this once.
func (s *Service) CreateRoomKey(ctx context.Context, p Principal, room models.Room, r RoomKeyRequest) (k models.RoomKey, err error) {
	if err := mayKeepKeys(p, room); err != nil {
		return k, err
	}
	if err := r.clean(); err != nil {
		return k, err
	}
	err = s.update(ctx, func(tx Tx) error {
		k, err = createRoomKey(ctx, tx, p, room, r)
		return err
	})
	return k, err
}

// DeleteRoomKey ends one: what it signed is not believed any more.
func (s *Service) DeleteRoomKey(ctx context.Context, p Principal, room models.Room, uuid string) error {
	if err := mayKeepKeys(p, room); err != nil {
		return err
	}
	return s.update(ctx, func(tx Tx) error { return deleteRoomKey(ctx, tx, p, room, uuid) })
}

// RoomKeys lists a room's keys, without secrets.
func (a *Admin) RoomKeys(ctx context.Context, room models.Room) ([]models.RoomKey, error) {
	list, err := a.store.View(ctx).RoomKeys(room.ID)
	return withoutSecrets(list), err
}

// CreateRoomKey makes a key for a room, which is told this once.
func (a *Admin) CreateRoomKey(ctx context.Context, room models.Room, r RoomKeyRequest) (k models.RoomKey, err error) {
	if err := r.clean(); err != nil {
		return k, err
	}
	err = a.store.Update(ctx, func(tx Tx) error {
		k, err = createRoomKey(ctx, tx, commandLine, room, r)
		return err
	})
	return k, err
}

// DeleteRoomKey ends one.
func (a *Admin) DeleteRoomKey(ctx context.Context, room models.Room, uuid string) error {
	return a.store.Update(ctx, func(tx Tx) error { return deleteRoomKey(ctx, tx, commandLine, room, uuid) })
}
