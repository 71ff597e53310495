package chat

import (
	"context"
	"errors"

	"parley/models"
)

// AvailabilityReader reads who may have come or gone.
type AvailabilityReader interface {
	// Watched lists the organisations that somebody listens for, or that were last told to be online.
	Watched() ([]int64, error)
}

// AvailabilityTx notes it.
type AvailabilityTx interface {
	// SetOnline notes what visitors are told, and tells whether it is news.
	SetOnline(organizationID int64, online bool) (bool, error)
}

// AvailabilityView tells whether somebody of an organisation is on duty.
type AvailabilityView struct {
	OrganizationID int64 `json:"organization_id"`
	Online         bool  `json:"online"`
	// Channel is where changes are published.
	Channel string `json:"channel"`
}

func viewAvailability(organizationID int64, online bool) *AvailabilityView {
	return &AvailabilityView{OrganizationID: organizationID, Online: online, Channel: availabilityChannel(organizationID)}
}

// Availability tells whether somebody is there for the visitors of the site with the key; without one, of the only
// organisation.
func (s *Service) Availability(ctx context.Context, siteKey string) (*AvailabilityView, error) {
	o, err := s.siteOf(ctx, siteKey)
	if err != nil {
		return nil, err
	}
	online, err := s.online(s.store.View(ctx), o, now())
	return viewAvailability(o.ID, online), err
}

// siteOf finds an organisation by its site key.
func (s *Service) siteOf(ctx context.Context, siteKey string) (models.Organization, error) {
	r := s.store.View(ctx)
	if siteKey == "" {
		return onlyOrganization(r)
	}
	if !plain(siteKey) {
		return models.Organization{}, E(Invalid, "app_key_invalid", "The site key is not a text")
	}
	o, err := r.OrganizationBySiteKey(siteKey)
	if err == nil {
		err = s.gate.countActor(Principal{}, Principal{}, o.ID)
	}
	return o, orNotFound(err, "organization_not_found", "There is no organisation with this site key")
}

func (s *Service) online(r Reader, o models.Organization, at models.Time) (bool, error) {
	candidates, err := s.candidates(r, o, at)
	for _, c := range candidates {
		if c.OnDuty(at, s.cfg.DutyGrace) {
			return true, err
		}
	}
	return false, err
}

// tellAvailability tells visitors who look on when the first manager comes and when the last one leaves.
func (s *Service) tellAvailability(ctx context.Context) error {
	r := s.store.View(ctx)
	organizations, err := r.Watched()
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range organizations {
		o, err := r.Organization(id)
		if err == nil {
			err = s.tellOnline(ctx, r, o)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (s *Service) tellOnline(ctx context.Context, r Reader, o models.Organization) error {
	at := now()
	online, err := s.online(r, o, at)
	if err != nil || online == o.Online {
		return err
	}
	return s.update(ctx, func(tx Tx) error {
		news, err := tx.SetOnline(o.ID, online)
		if err != nil || !news {
			return err // another node was faster
		}
		return appendEvent(tx, models.Event{
			OrganizationID: o.ID, Kind: models.EventAvailability, Action: updated, CreatedAt: at,
		}, Event{Entity: models.EventAvailability, Event: updated, Availability: viewAvailability(o.ID, online)})
	})
}
