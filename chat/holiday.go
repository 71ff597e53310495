package chat

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"parley/models"
)

func newHoliday(organizationID int64, day, name string) (models.Holiday, error) {
	h := models.Holiday{OrganizationID: organizationID, Day: day, Name: strings.TrimSpace(name)}
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return h, E(Invalid, "day_invalid", "%q is no date like 2026-12-25", day)
	}
	if !plain(h.Name) || utf8.RuneCountInString(h.Name) > maxName {
		return h, E(Invalid, "name_invalid", "A holiday's name has at most %d characters, on one line", maxName)
	}
	return h, nil
}

func addHoliday(tx Tx, h *models.Holiday) error {
	if _, err := tx.LockOrganization(h.OrganizationID); err != nil {
		return orNotFound(err, "organization_not_found", "There is no organisation %d", h.OrganizationID)
	}
	all, err := tx.Holidays(h.OrganizationID)
	if err != nil {
		return err
	}
	if len(all) >= maxHolidays {
		return E(Conflict, "holidays_full", "An organisation has at most %d holidays noted", maxHolidays)
	}
	if slices.ContainsFunc(all, func(other models.Holiday) bool { return other.Day == h.Day }) {
		return E(Conflict, "holiday_exists", "%s is a holiday already", h.Day)
	}
	return tx.CreateHoliday(h)
}

func removeHoliday(tx Tx, organizationID, id int64) error {
	found, err := tx.DeleteHoliday(organizationID, id)
	if err == nil && !found {
		err = E(NotFound, "holiday_not_found", "There is no holiday %d", id)
	}
	return err
}

// Holidays lists the days on which nobody of the caller's organisation works.
func (s *Service) Holidays(ctx context.Context, p Principal) ([]models.Holiday, error) {
	if err := insider(p); err != nil {
		return nil, err
	}
	return s.store.View(ctx).Holidays(p.OrganizationID)
}

// AddHoliday adds one. day is a date as in "2026-12-25".
func (s *Service) AddHoliday(ctx context.Context, p Principal, day, name string) (models.Holiday, error) {
	if err := adminsOnly(p); err != nil {
		return models.Holiday{}, err
	}
	h, err := newHoliday(p.OrganizationID, day, name)
	if err != nil {
		return h, err
	}
	err = s.update(ctx, func(tx Tx) error { h.ID = 0; return addHoliday(tx, &h) })
	return h, err
}

// RemoveHoliday removes one.
func (s *Service) RemoveHoliday(ctx context.Context, p Principal, id int64) error {
	if err := adminsOnly(p); err != nil {
		return err
	}
	return s.update(ctx, func(tx Tx) error { return removeHoliday(tx, p.OrganizationID, id) })
}

// Holidays lists an organisation's.
func (a *Admin) Holidays(ctx context.Context, organizationID int64) ([]models.Holiday, error) {
	if _, err := a.Organization(ctx, organizationID); err != nil {
		return nil, err
	}
	return a.store.View(ctx).Holidays(organizationID)
}

// AddHoliday adds one. day is a date as in "2026-12-25".
func (a *Admin) AddHoliday(ctx context.Context, organizationID int64, day, name string) (models.Holiday, error) {
	h, err := newHoliday(organizationID, day, name)
	if err != nil {
		return h, err
	}
	err = a.store.Update(ctx, func(tx Tx) error { h.ID = 0; return addHoliday(tx, &h) })
	return h, err
}

// DeleteHoliday removes one.
func (a *Admin) DeleteHoliday(ctx context.Context, organizationID, id int64) error {
	return a.store.Update(ctx, func(tx Tx) error { return removeHoliday(tx, organizationID, id) })
}
