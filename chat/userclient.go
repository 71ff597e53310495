package chat

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"parley/models"
)

// ClientReader reads the programs that managers are there with.
type ClientReader interface {
	UserClient(uuid string) (models.UserClient, error)
	// UserClients lists a manager's, the oldest first.
	UserClients(managerID int64) ([]models.UserClient, error)
	// ExpiredClients lists live ones whose time is over, the oldest first.
	ExpiredClients(by models.Time, limit int) ([]models.UserClient, error)
}

// ClientTx changes them.
type ClientTx interface {
	CreateUserClient(c *models.UserClient) error
	// SaveUserClient saves for how long it counts, whether it does, and its properties.
	SaveUserClient(c models.UserClient) error
	DeleteUserClient(id int64) error
	// DeleteClientsBefore removes up to limit that are not live and expired before a time.
	DeleteClientsBefore(expiry models.Time, limit int) error
	// SeeManager notes when a manager was last there.
	SeeManager(id int64, at models.Time) error
}

const (
	// clientLasts is for how long a client counts that does not say, minClient and maxClient what it may say.
	clientLasts          = 60 * time.Second
	minClient, maxClient = time.Second, 24 * time.Hour
	// maxClients is how many live ones a manager may have; clientsKept how long those are remembered that have expired.
	maxClients  = 50
	clientsKept = 7 * 24 * time.Hour
	// maxProperties bounds what a client keeps of its own, in bytes of JSON.
	maxProperties = 8 << 10
	// expiryBatch is how many are looked at together when they expire.
	expiryBatch = 200
)

// ClientChanges is a client's sign of life.
type ClientChanges struct {
	// ExpiresIn is for how long it counts from now on; what is not set stays, or is a minute.
	ExpiresIn Change[time.Duration]
	// Properties is a JSON object of the client's own.
	Properties Change[json.RawMessage]
}

func (c ClientChanges) into(client *models.UserClient, at models.Time) error {
	lasts := time.Duration(client.ExpiresInMS) * time.Millisecond
	if lasts == 0 {
		lasts = clientLasts
	}
	if c.ExpiresIn.Set {
		lasts = c.ExpiresIn.To
	}
	if lasts < minClient || lasts > maxClient {
		return E(Invalid, "presence_expires_in_invalid", "A client counts for %d to %d seconds", int(minClient.Seconds()), int(maxClient.Seconds()))
	}
	if c.Properties.Set {
		var object map[string]json.RawMessage
		if len(c.Properties.To) > maxProperties || json.Unmarshal(c.Properties.To, &object) != nil || object == nil || !utf8.Valid(c.Properties.To) {
			return E(Invalid, "properties_invalid", "properties is a JSON object of up to %d bytes", maxProperties)
		}
		client.Properties = string(c.Properties.To)
	}
	client.ExpiresInMS, client.ExpiresAt, client.Live, client.UpdatedAt = lasts.Milliseconds(), at.Add(lasts), true, at
	return nil
}

// Clients lists a manager's programs, those that have expired lately included.
func (s *Service) Clients(ctx context.Context, p Principal, managerID int64) ([]models.UserClient, error) {
	m, err := s.gate.Member(ctx, p, managerID)
	if err != nil {
		return nil, err
	}
	return s.store.View(ctx).UserClients(m.ManagerID)
}

// Client finds one of them.
func (s *Service) Client(ctx context.Context, p Principal, managerID int64, uuid string) (models.UserClient, error) {
	m, err := s.gate.Member(ctx, p, managerID)
	if err != nil {
		return models.UserClient{}, err
	}
	return clientOf(s.store.View(ctx), m.ManagerID, uuid)
}

func clientOf(r ClientReader, managerID int64, uuid string) (models.UserClient, error) {
	client, err := r.UserClient(uuid)
	if err == nil && client.ManagerID != managerID {
		err = ErrNoRecord
	}
	return client, orNotFound(err, "client_not_found", "There is no such client")
}

// AddClient notes a program that a manager is there with: while it counts she is on duty, unless her switch is off, as
// if she listened for new conversations. Refusals: too_many_clients.
func (s *Service) AddClient(ctx context.Context, p Principal, managerID int64, changes ClientChanges) (models.UserClient, error) {
	at := now()
	client := models.UserClient{UUID: newUUID(), Properties: "{}", CreatedAt: at}
	if err := changes.into(&client, at); err != nil {
		return client, err
	}
	err := s.clientChange(ctx, p, managerID, func(tx Tx, m models.Manager) error {
		client.ID, client.ManagerID, client.OrganizationID = 0, m.ID, m.OrganizationID
		others, err := tx.UserClients(m.ID)
		if err != nil {
			return err
		}
		if err := thinOut(tx, others); err != nil {
			return err
		}
		return tx.CreateUserClient(&client)
	})
	return client, err
}

// thinOut makes room for one more: those that have expired go first.
func thinOut(tx Tx, clients []models.UserClient) error {
	over := len(clients) - maxClients + 1
	for _, c := range clients {
		if over <= 0 {
			return nil
		}
		if c.Live {
			continue
		}
		if err := tx.DeleteUserClient(c.ID); err != nil {
			return err
		}
		over--
	}
	if over > 0 {
		return E(Conflict, "too_many_clients", "A user has at most %d clients", maxClients)
	}
	return nil
}

// RefreshClient is a sign of life, and tells whether the client had expired.
func (s *Service) RefreshClient(ctx context.Context, p Principal, managerID int64, uuid string, changes ClientChanges) (client models.UserClient, revived bool, err error) {
	err = s.clientChange(ctx, p, managerID, func(tx Tx, m models.Manager) error {
		if client, err = clientOf(tx, m.ID, uuid); err != nil {
			return err
		}
		at := now()
		revived = !client.Live || client.ExpiresAt <= at
		if err := changes.into(&client, at); err != nil {
			return err
		}
		return tx.SaveUserClient(client)
	})
	return client, revived, err
}

// EndClient forgets a client; its manager is there no more unless something else says so.
func (s *Service) EndClient(ctx context.Context, p Principal, managerID int64, uuid string) error {
	return s.clientChange(ctx, p, managerID, func(tx Tx, m models.Manager) error {
		client, err := clientOf(tx, m.ID, uuid)
		if err != nil {
			return err
		}
		if err := tx.SeeManager(m.ID, now()); err != nil {
			return err
		}
		return tx.DeleteUserClient(client.ID)
	})
}

// clientChange changes a manager's clients, one change at a time, and tells when she came or went by it.
func (s *Service) clientChange(ctx context.Context, p Principal, managerID int64, change func(Tx, models.Manager) error) error {
	actor, err := s.gate.Member(ctx, p, managerID)
	if err != nil {
		return err
	}
	err = s.update(ctx, func(tx Tx) error {
		m, err := tx.LockManager(actor.ManagerID)
		if err != nil {
			return err
		}
		return presenceChange(tx, []int64{m.ID}, func() error { return change(tx, m) })
	})
	if err == nil {
		s.Stir()
	}
	return orNotFound(err, "manager_not_found", "There is no manager %d", managerID)
}

// presenceChange does what may let managers come or go, and tells of those who did. It keeps their records from others, in
// the order of their ids; who has left is there for nobody.
func presenceChange(tx Tx, managerIDs []int64, change func() error) error {
	slices.Sort(managerIDs)
	var team []models.Manager
	for _, id := range slices.Compact(managerIDs) {
		m, err := tx.LockManager(id)
		switch {
		case err == nil:
			team = append(team, m)
		case !errors.Is(err, ErrNoRecord):
			return err
		}
	}
	before, err := tx.Present(managerIDs)
	if err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	after, err := tx.Present(managerIDs)
	for _, m := range team {
		if err == nil && before[m.ID] != after[m.ID] {
			err = tellUser(tx, m, ResourceChanged, "is_present", "is_online")
		}
	}
	return err
}

// expireClients ends clients whose time is over. It is done in each round of care, so that they may count for some
// seconds more.
func (s *Service) expireClients(ctx context.Context) error {
	expired, err := s.store.View(ctx).ExpiredClients(now(), expiryBatch)
	if err != nil || len(expired) == 0 {
		return err
	}
	var errs []error
	for _, client := range expired {
		errs = append(errs, s.update(ctx, func(tx Tx) error { return expire(tx, client) }))
	}
	s.Stir()
	return errors.Join(errs...)
}

func expire(tx Tx, seen models.UserClient) error {
	return presenceChange(tx, []int64{seen.ManagerID}, func() error {
		client, err := tx.UserClient(seen.UUID)
		if errors.Is(err, ErrNoRecord) || err == nil && (!client.Live || client.ExpiresAt > now()) {
			return nil // somebody was faster
		}
		if err != nil {
			return err
		}
		client.Live = false
		if err := tx.SaveUserClient(client); err != nil {
			return err
		}
		return tx.SeeManager(client.ManagerID, client.ExpiresAt)
	})
}

// EnableOnline turns a manager's duty switch on or off: her own, or as an admin somebody's.
func (s *Service) EnableOnline(ctx context.Context, p Principal, managerID int64, enabled bool) error {
	m, err := s.gate.Member(ctx, p, managerID)
	if err != nil {
		return err
	}
	state := models.DutyOff
	if enabled {
		state = models.DutyOn
	}
	return s.turnDuty(ctx, m.ManagerID, state)
}

// turnDuty sets the switch, and tells of it when she wants to serve now and did not, or the reverse.
func (s *Service) turnDuty(ctx context.Context, managerID int64, state models.DutyState) error {
	err := s.update(ctx, func(tx Tx) error {
		m, err := tx.LockManager(managerID)
		if err != nil || m.DutyState == state {
			return err
		}
		if err := tx.SetDutyState(m.ID, state); err != nil || m.DutyState.Serves() == state.Serves() {
			return err
		}
		return tellUser(tx, m, ResourceChanged, "is_online_enabled", "is_online")
	})
	if err == nil {
		s.Stir()
	}
	return orNotFound(err, "manager_not_found", "There is no manager %d", managerID)
}
