package chat

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"parley/models"
)

// OrganizationChanges are what may be changed of an organisation. Nil bounds are what the settings say; no
// origins at all are those of the settings.
type OrganizationChanges struct {
	Name, OfflineMessage, Greeting, TimeZone Change[string]
	AllowedOrigins                           Change[[]string]
	Strategy                                 Change[models.Strategy]
	MaxConversations                         Change[*int]
	AnswerWithinMS                           Change[*int64]
	RetainDays                               Change[*int]
	Calls                                    Change[bool]
	// Suspended is the operator's to decide.
	Suspended Change[bool]

	origins models.Origins
}

// Bounds of an organisation's texts, in characters, and of the time to answer.
const (
	maxText      = 1000
	minAnswer    = time.Second
	maxAnswer    = 7 * 24 * time.Hour
	textsInvalid = "A text has at most %d characters"
)

// clean checks what is set and brings it into the form in which it is kept.
func (c *OrganizationChanges) clean() (err error) {
	if c.Name.Set {
		if c.Name.To, err = validName(c.Name.To); err != nil {
			return err
		}
	}
	if c.OfflineMessage.To, err = validText(c.OfflineMessage.To, "offline_message_invalid"); err != nil {
		return err
	}
	if c.Greeting.To, err = validText(c.Greeting.To, "greeting_invalid"); err != nil {
		return err
	}
	if c.TimeZone.Set {
		if err := validZone(c.TimeZone.To); err != nil {
			return err
		}
	}
	if c.origins, err = validOrigins(c.AllowedOrigins.To); err != nil {
		return err
	}
	if c.Strategy.Set && !c.Strategy.To.Valid() {
		return E(Invalid, "strategy_invalid", "A strategy is least_loaded, round_robin or broadcast")
	}
	if err := validLimit(c.MaxConversations.To); err != nil {
		return err
	}
	if err := validRetention(c.RetainDays.To); err != nil {
		return err
	}
	return validAnswer(c.AnswerWithinMS.To)
}

// validText lets the empty text pass, and several lines.
func validText(given, code string) (string, error) {
	if strings.TrimSpace(given) == "" {
		return "", nil
	}
	text, ok := models.CleanContent(given)
	if !ok || utf8.RuneCountInString(text) > maxText {
		return "", E(Invalid, code, textsInvalid, maxText)
	}
	return text, nil
}

func validAnswer(ms *int64) error {
	if ms == nil || *ms == 0 || *ms >= minAnswer.Milliseconds() && *ms <= maxAnswer.Milliseconds() {
		return nil
	}
	return E(Invalid, "answer_within_ms_invalid", "answer_within_ms is 0, without limit, or milliseconds from %d to %d",
		minAnswer.Milliseconds(), maxAnswer.Milliseconds())
}

// changeOrganization applies clean changes.
func changeOrganization(ctx context.Context, tx Tx, by Principal, id int64, c OrganizationChanges) (models.Organization, error) {
	o, err := tx.LockOrganization(id)
	if err != nil {
		return o, orNotFound(err, "organization_not_found", "There is no organisation %d", id)
	}
	before := o
	c.Name.into(&o.Name)
	c.OfflineMessage.into(&o.OfflineMessage)
	c.Greeting.into(&o.Greeting)
	c.TimeZone.into(&o.TimeZone)
	c.Strategy.into(&o.Strategy)
	c.MaxConversations.into(&o.MaxConversations)
	c.AnswerWithinMS.into(&o.AnswerWithinMS)
	c.RetainDays.into(&o.RetainDays)
	c.Suspended.into(&o.Suspended)
	c.Calls.into(&o.Calls)
	if c.AllowedOrigins.Set {
		o.AllowedOrigins = c.origins
	}
	if err := tx.SaveOrganization(o); err != nil {
		return o, err
	}
	if before.Name != o.Name || before.Suspended != o.Suspended {
		if err := tellOrganization(tx, id, "name", "is_active"); err != nil {
			return o, err
		}
	}
	if !c.RetainDays.Set {
		return o, nil
	}
	return o, audit(ctx, tx, by, Deed{
		Action: models.AuditRetentionChanged, OrganizationID: id, Target: targetOf("organization", id), Details: map[string]any{"retain_days": o.RetainDays},
	})
}

// UpdateOrganization changes an organisation.
func (a *Admin) UpdateOrganization(ctx context.Context, id int64, c OrganizationChanges) (o models.Organization, err error) {
	if err := c.clean(); err != nil {
		return o, err
	}
	err = a.store.Update(ctx, func(tx Tx) error {
		o, err = changeOrganization(ctx, tx, commandLine, id, c)
		return err
	})
	return o, err
}

// OwnOrganization reads the organisation of a manager or a backend.
func (s *Service) OwnOrganization(ctx context.Context, p Principal) (models.Organization, error) {
	if err := insider(p); err != nil {
		return models.Organization{}, err
	}
	return s.store.View(ctx).Organization(p.OrganizationID)
}

// ChangeOrganization changes the caller's organisation.
func (s *Service) ChangeOrganization(ctx context.Context, p Principal, c OrganizationChanges) (o models.Organization, err error) {
	if err := adminsOnly(p); err != nil {
		return o, err
	}
	if c.Suspended.Set {
		return o, forbidden("Only the operator decides this")
	}
	if err := c.clean(); err != nil {
		return o, err
	}
	err = s.update(ctx, func(tx Tx) error {
		o, err = changeOrganization(ctx, tx, p, p.OrganizationID, c)
		return err
	})
	s.Stir() // more may fit now
	return o, err
}

// Site is what a site's widget shows before anything is asked.
type Site struct {
	OrganizationID int64  `json:"organization_id"`
	Name           string `json:"name"`
	// Greeting is empty where the widget's own words will do, and so is OfflineMessage.
	Greeting       string `json:"greeting"`
	OfflineMessage string `json:"offline_message"`
	Online         bool   `json:"online"`
}

// Site finds a site by its key; without one it is the only one that there is.
func (s *Service) Site(ctx context.Context, siteKey string) (Site, error) {
	o, err := s.siteOf(ctx, siteKey)
	if err != nil {
		return Site{}, err
	}
	if err := s.gate.allowPage(ctx, o.ID); err != nil {
		return Site{}, err
	}
	site := Site{OrganizationID: o.ID, Name: o.Name, Greeting: o.Greeting, OfflineMessage: o.OfflineMessage, Online: o.Online}
	if site.OfflineMessage == "" && s.cfg.OfflineMessage != offlineCode {
		site.OfflineMessage = s.cfg.OfflineMessage
	}
	return site, nil
}
