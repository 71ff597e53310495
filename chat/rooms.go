package chat

import (
	"context"
	"errors"

	"parley/models"
)

// RoomChanges are what may be said of a room. Its domain is settled when it is made; empty: it has none.
type RoomChanges struct {
	Name         Change[string]
	LanguageCode Change[string]
	Domain       Change[string]
	// SignaturesRequired: what pages say of visitors counts only with a signature. Checksums: md5 and sha1 are some.
	SignaturesRequired Change[bool]
	Checksums          Change[bool]
}

// maxRooms bounds how many rooms an organisation has.
const maxRooms = 1000

// clean checks what is set and brings it into the form in which it is kept.
func (c *RoomChanges) clean() (err error) {
	if c.Name.Set {
		if c.Name.To, err = validName(c.Name.To); err != nil {
			return err
		}
	}
	if c.LanguageCode.Set && !languageForm.MatchString(c.LanguageCode.To) {
		return E(Invalid, "language_code_invalid", "A language is a code such as en or pt-BR")
	}
	if c.Domain.To != "" {
		domain, ok := NormalDomain(c.Domain.To)
		if !ok {
			return E(Invalid, "domain_invalid", "A domain is the name of a host, such as www.example.com")
		}
		c.Domain.To = domain
	}
	return nil
}

// into applies clean changes.
func (c RoomChanges) into(r *models.Room) {
	c.Name.into(&r.Name)
	c.LanguageCode.into(&r.LanguageCode)
	c.SignaturesRequired.into(&r.SignaturesRequired)
	c.Checksums.into(&r.Checksums)
}

// noteRoom writes into the audit log what was done to a room, and tells who follows the rooms.
func noteRoom(ctx context.Context, tx Tx, by Principal, r models.Room, action models.AuditAction, what string, attributes ...string) error {
	details := map[string]any{"name": r.Name}
	if r.Domain != nil {
		details["domain"] = *r.Domain
	}
	err := audit(ctx, tx, by, Deed{
		Action: action, OrganizationID: r.OrganizationID, Target: AuditTarget{"room", r.UUID}, Details: details,
	})
	if err != nil {
		return err
	}
	return tellRoom(tx, r, what, attributes...)
}

func changedBy(p Principal) *int64 {
	if p.ManagerID == 0 {
		return nil
	}
	return &p.ManagerID
}

// createRoom adds a room to an organisation.
func createRoom(ctx context.Context, tx Tx, by Principal, organizationID int64, c RoomChanges) (models.Room, error) {
	room := newRoom(organizationID, "", now())
	room.UpdatedBy = changedBy(by)
	c.Name.Set = true
	if err := c.clean(); err != nil {
		return room, err
	}
	c.into(&room)
	if c.Domain.To != "" {
		room.Domain = &c.Domain.To
	}
	if _, err := tx.LockOrganization(organizationID); err != nil {
		return room, orNotFound(err, "organization_not_found", "There is no organisation %d", organizationID)
	}
	n, err := tx.CountRooms(organizationID)
	if err != nil {
		return room, err
	}
	if n >= maxRooms {
		return room, E(Conflict, "too_many_rooms", "There are %d rooms already", maxRooms)
	}
	if err := tx.CreateRoom(&room); errors.Is(err, ErrTaken) {
		return room, E(Conflict, "domain_taken", "There is a room for %s already", c.Domain.To)
	} else if err != nil {
		return room, err
	}
	return room, noteRoom(ctx, tx, by, room, models.AuditRoomAdded, ResourceAdded)
}

// changeRoom applies changes to one of an organisation's rooms.
func changeRoom(ctx context.Context, tx Tx, by Principal, organizationID int64, name string, c RoomChanges) (models.Room, error) {
	if err := c.clean(); err != nil {
		return models.Room{}, err
	}
	room, err := lockRoom(tx, organizationID, name)
	if err != nil {
		return room, err
	}
	if had := deref(room.Domain); c.Domain.Set && c.Domain.To != had {
		return room, E(Invalid, "domain_invalid", "A room's domain cannot be changed")
	}
	before := room
	c.into(&room)
	changes := changesOfRoom(before, room)
	if len(changes) == 0 {
		return room, nil
	}
	room.UpdatedAt, room.UpdatedBy = now(), changedBy(by)
	if err := tx.SaveRoom(room); err != nil {
		return room, err
	}
	return room, noteRoom(ctx, tx, by, room, models.AuditRoomChanged, ResourceChanged, append(changes, "updated_at", "updated_by_user_id")...)
}

// changesOfRoom names what differs, as clients call it.
func changesOfRoom(before, after models.Room) (names []string) {
	if before.Name != after.Name {
		names = append(names, "name", "display_name")
	}
	if before.LanguageCode != after.LanguageCode {
		names = append(names, "language_code")
	}
	if before.SignaturesRequired != after.SignaturesRequired {
		names = append(names, "is_visitor_data_signature_required")
	}
	if before.Checksums != after.Checksums {
		names = append(names, "is_checksum_accepted")
	}
	return names
}

func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// deleteRoom ends a room: nothing begins there any more, and what took place there stays.
func deleteRoom(ctx context.Context, tx Tx, by Principal, organizationID int64, name string) error {
	room, err := lockRoom(tx, organizationID, name)
	if err != nil {
		return err
	}
	if room.Main {
		return E(Conflict, "main_room", "The main room cannot be deleted")
	}
	at := now()
	room.DeletedAt, room.UpdatedAt, room.UpdatedBy = &at, at, changedBy(by)
	if err := tx.SaveRoom(room); err != nil {
		return err
	}
	return noteRoom(ctx, tx, by, room, models.AuditRoomDeleted, ResourceRemoved)
}

// lockRoom finds an organisation's room and keeps others from its rooms until the end.
func lockRoom(tx Tx, organizationID int64, name string) (models.Room, error) {
	if _, err := tx.LockOrganization(organizationID); err != nil {
		return models.Room{}, orNotFound(err, "organization_not_found", "There is no organisation %d", organizationID)
	}
	return RoomByName(tx, organizationID, name)
}

// Rooms lists the rooms of the caller's organisation: to its managers, and to keys of any scope.
func (s *Service) Rooms(ctx context.Context, p Principal, q RoomQuery) ([]models.Room, Page, error) {
	if err := mayRooms(p); err != nil {
		return nil, Page{}, err
	}
	q.OrganizationID, q.PageQuery = p.OrganizationID, q.oneMore()
	list, err := s.store.View(ctx).Rooms(q)
	list, page := cutPage(list, q.PageQuery)
	return list, page, err
}

// CreateRoom adds a room to the caller's organisation. Refusals: name_invalid, domain_invalid, language_code_invalid,
// domain_taken, too_many_rooms.
func (s *Service) CreateRoom(ctx context.Context, p Principal, c RoomChanges) (room models.Room, err error) {
	err = s.withSettings(ctx, p, func(tx Tx) error {
		room, err = createRoom(ctx, tx, p, p.OrganizationID, c)
		return err
	})
	return room, err
}

// ChangeRoom changes a room, which is named by its uuid or token. Refusals: room_not_found, and those of CreateRoom;
// domain_invalid when the domain would become another.
func (s *Service) ChangeRoom(ctx context.Context, p Principal, name string, c RoomChanges) (room models.Room, err error) {
	err = s.withSettings(ctx, p, func(tx Tx) error {
		room, err = changeRoom(ctx, tx, p, p.OrganizationID, name, c)
		return err
	})
	return room, err
}

// DeleteRoom ends a room. Open conversations there go on until somebody ends them. Refusals: room_not_found, main_room.
func (s *Service) DeleteRoom(ctx context.Context, p Principal, name string) error {
	return s.withSettings(ctx, p, func(tx Tx) error { return deleteRoom(ctx, tx, p, p.OrganizationID, name) })
}

// withSettings changes the settings of the caller's organisation.
func (s *Service) withSettings(ctx context.Context, p Principal, fn func(Tx) error) error {
	if err := maySettings(p); err != nil {
		return err
	}
	return s.update(ctx, fn)
}

// Rooms lists an organisation's rooms, at most 1000.
func (a *Admin) Rooms(ctx context.Context, organizationID int64) ([]models.Room, error) {
	if _, err := a.Organization(ctx, organizationID); err != nil {
		return nil, err
	}
	return a.store.View(ctx).Rooms(RoomQuery{OrganizationID: organizationID, PageQuery: PageQuery{Limit: maxRooms}})
}

// CreateRoom adds a room to an organisation.
func (a *Admin) CreateRoom(ctx context.Context, organizationID int64, c RoomChanges) (room models.Room, err error) {
	err = a.store.Update(ctx, func(tx Tx) error {
		room, err = createRoom(ctx, tx, commandLine, organizationID, c)
		return err
	})
	return room, err
}

// DeleteRoom ends a room of an organisation, which is named by its uuid or token.
func (a *Admin) DeleteRoom(ctx context.Context, organizationID int64, name string) error {
	return a.store.Update(ctx, func(tx Tx) error { return deleteRoom(ctx, tx, commandLine, organizationID, name) })
}

// ChangeRoom changes a room of an organisation, which is named by its uuid or token.
func (a *Admin) ChangeRoom(ctx context.Context, organizationID int64, name string, c RoomChanges) (room models.Room, err error) {
	err = a.store.Update(ctx, func(tx Tx) error {
		room, err = changeRoom(ctx, tx, commandLine, organizationID, name, c)
		return err
	})
	return room, err
}

// Room finds a room that is there now by its uuid or token, whichever organisation's.
func (a *Admin) Room(ctx context.Context, name string) (models.Room, error) {
	room, err := a.store.View(ctx).RoomByUUID(name)
	if err == nil && room.DeletedAt != nil {
		err = ErrNoRecord
	}
	return room, orNotFound(err, "room_not_found", "There is no room %s", name)
}
