package chat

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/url"
	"regexp"
	"time"

	"parley/models"
)

// Admission is what a page gets that comes without any credentials, or with the secret of an earlier visit.
type Admission struct {
	VisitorID string
	// Secret is what the page keeps to be the same visitor again: 50 hex digits.
	Secret string
	// Token is an ordinary visitor's token.
	Token     string
	ExpiresAt models.Time
	// New: nobody came with a secret that is known.
	New bool
}

const (
	// admissionLife is how long a token from an admission holds; the page comes again with its secret.
	admissionLife = 30 * time.Minute
	// newcomersPerSecond and newcomersBurst bound how many visitors one address may bring into being: many people may
	// be behind one.
	newcomersPerSecond, newcomersBurst = 1, 120
)

var secretForm = regexp.MustCompile(`\A[0-9a-f]{50}\z`)

// AdmitVisitor lets a page in as the visitor whose secret it shows, or else as a new one; what is no secret, or nobody's,
// is as good as none. The caller has found the organisation through the gate.
func (s *Service) AdmitVisitor(ctx context.Context, o models.Organization, secret string) (Admission, error) {
	if secretForm.MatchString(secret) {
		known, err := s.store.View(ctx).VisitorSecret(hashSecret(secret))
		if err == nil && known.OrganizationID == o.ID {
			a, err := s.admit(ctx, known.VisitorID, Admission{Secret: secret})
			if !errors.Is(err, ErrNoRecord) {
				return a, err
			}
		} else if err != nil && !errors.Is(err, ErrNoRecord) {
			return Admission{}, err
		}
	}
	if err := s.newcomers.Take(AddressOf(ctx)); err != nil {
		return Admission{}, err
	}
	id, secret := newVisitorID(), newVisitorSecret()
	err := s.store.Update(ctx, func(tx Tx) error {
		if err := ensureVisitor(tx, id, o.ID); err != nil {
			return err
		}
		return tx.CreateVisitorSecret(models.VisitorSecret{Hash: hashSecret(secret), OrganizationID: o.ID, VisitorID: id, CreatedAt: now()})
	})
	if err != nil {
		return Admission{}, err
	}
	return s.admit(ctx, id, Admission{Secret: secret, New: true})
}

// admit gives a token to a visitor; ErrNoRecord when she is nobody any more.
func (s *Service) admit(ctx context.Context, id string, a Admission) (Admission, error) {
	v, err := s.store.View(ctx).Visitor(id)
	if err == nil && (v.ErasingAt != nil || v.MergedInto != nil) {
		err = ErrNoRecord
	}
	if err != nil {
		return Admission{}, err
	}
	t, err := s.grant(Grant{VisitorID: v.ID, OrganizationID: v.OrganizationID, NotBefore: v.TokensValidFrom}, admissionLife)
	a.VisitorID, a.Token, a.ExpiresAt = v.ID, t.Token, t.ExpiresAt
	return a, err
}

func newVisitorSecret() string {
	var b [25]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// PageSettings is what a page has to know before its visitor is anybody.
type PageSettings struct {
	Organization models.Organization
	// DomainRoom is the one for the page's host, or the main room.
	DomainRoom models.Room
	Rooms      []models.Room
	// ICEServers help calls to come about; none where there are no calls. Those that need a password are told to who is
	// in a call.
	ICEServers []ICEServer
}

// PageSettings finds an organisation by its uuid or site key, and the room for the address of a page. Anybody may know.
func (s *Service) PageSettings(ctx context.Context, account, pageURL string) (p PageSettings, err error) {
	r := s.store.View(ctx)
	if !plain(account) {
		return p, orNotFound(ErrNoRecord, "organization_not_found", "There is no such organisation")
	}
	p.Organization, err = r.OrganizationByUUID(account)
	if errors.Is(err, ErrNoRecord) {
		p.Organization, err = r.OrganizationBySiteKey(account)
	}
	if err != nil {
		return p, orNotFound(err, "organization_not_found", "There is no such organisation")
	}
	if p.Organization.Suspended {
		return p, suspended()
	}
	if err := s.gate.allowPage(ctx, p.Organization.ID); err != nil {
		return p, err
	}
	if p.Rooms, err = r.Rooms(RoomQuery{OrganizationID: p.Organization.ID, PageQuery: PageQuery{Limit: maxRooms + 1}}); err != nil {
		return p, err
	}
	p.DomainRoom = domainRoom(p.Rooms, pageURL)
	if p.Organization.Calls && len(s.cfg.Calls.STUN) > 0 {
		p.ICEServers = []ICEServer{{URLs: s.cfg.Calls.STUN}}
	}
	return p, nil
}

// domainRoom finds the room for a page's host, or the main one.
func domainRoom(rooms []models.Room, pageURL string) (main models.Room) {
	host := ""
	if u, err := url.Parse(pageURL); err == nil {
		host, _ = NormalDomain(u.Hostname())
	}
	for _, room := range rooms {
		if room.Domain != nil && *room.Domain == host {
			return room
		}
		if room.Main {
			main = room
		}
	}
	return main
}
