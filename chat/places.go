package chat

import (
	"context"
	"slices"

	"parley/models"
)

// What giosg's API shows of organisations, rooms and users. Who may see it is settled before, by Gate.MayResource.

// UserFacts are what is known of a manager.
type UserFacts struct {
	User         models.Manager
	Organization models.Organization
	// Enabled: she wants to serve. Present: a program of hers is there. Online: both, and conversations may come.
	Enabled, Present, Online bool
	// Chats counts her open conversations.
	Chats int
	// Teams are those that she is in.
	Teams []models.Team
}

// RoomFacts are what is known of a room.
type RoomFacts struct {
	Room         models.Room
	Organization models.Organization
	// Online: somebody is there to whom chats of the room may come; HumansOnline: not only programs.
	Online, HumansOnline bool
	// UpdatedBy is the manager who changed it last; nil: nobody, or somebody who is not known any more.
	UpdatedBy *models.Manager
}

// OrganizationFacts are what is known of an organisation.
type OrganizationFacts struct {
	Organization models.Organization
	// Present: a manager is there; Online: chats may come to one.
	Present, Online bool
}

// crew is who may serve an organisation, as it is now.
type crew struct {
	organization models.Organization
	facts        []UserFacts
}

func (s *Service) crewOf(r Reader, o models.Organization) (crew, error) {
	at := now()
	candidates, err := s.candidates(r, o, at)
	if err != nil {
		return crew{}, err
	}
	all := crew{organization: o}
	for _, c := range candidates {
		all.facts = append(all.facts, UserFacts{
			User: c.Manager, Organization: o, Present: c.Live, Online: c.OnDuty(at, s.cfg.DutyGrace), Chats: c.Open,
			Enabled: c.Manager.DutyState == models.DutyOn || c.Manager.DutyState == models.DutyAuto,
		})
	}
	return all, nil
}

func (c crew) online() bool {
	return slices.ContainsFunc(c.facts, func(u UserFacts) bool { return u.Online })
}

func (c crew) humansOnline() bool {
	return slices.ContainsFunc(c.facts, func(u UserFacts) bool { return u.Online && !u.User.Bot })
}

func (c crew) present() bool {
	return slices.ContainsFunc(c.facts, func(u UserFacts) bool { return u.Present })
}

// Users lists what is known of an organisation's managers, by their ids; with former, of those who left, too.
func (s *Service) Users(ctx context.Context, o models.Organization, former bool) ([]UserFacts, error) {
	r := s.store.View(ctx)
	all, err := s.crewOf(r, o)
	if err == nil {
		err = inTeams(r, all.facts)
	}
	if err != nil || !former {
		return all.facts, err
	}
	left, err := r.FormerManagers(o.ID)
	for _, m := range left {
		all.facts = append(all.facts, UserFacts{User: m, Organization: o})
	}
	return all.facts, err
}

// User tells what is known of one. Of one who left it is her name.
func (s *Service) User(ctx context.Context, o models.Organization, m models.Manager) (UserFacts, error) {
	r := s.store.View(ctx)
	all, err := s.crewOf(r, o)
	if err != nil {
		return UserFacts{}, err
	}
	i := slices.IndexFunc(all.facts, func(u UserFacts) bool { return u.User.ID == m.ID })
	if i < 0 {
		return UserFacts{User: m, Organization: o}, nil
	}
	hers := all.facts[i : i+1]
	err = inTeams(r, hers)
	return hers[0], err
}

// inTeams adds which teams managers are in.
func inTeams(r TeamReader, facts []UserFacts) error {
	ids := make([]int64, len(facts))
	for i, u := range facts {
		ids[i] = u.User.ID
	}
	teams, err := r.TeamsOf(ids...)
	for i := range facts {
		facts[i].Teams = teams[ids[i]]
	}
	return err
}

// Manager reads one of an organisation's managers again.
func (s *Service) Manager(ctx context.Context, o models.Organization, id int64) (models.Manager, error) {
	m, err := s.store.View(ctx).Manager(id)
	if err == nil && m.OrganizationID != o.ID {
		m, err = models.Manager{}, ErrNoRecord
	}
	return m, orNotFound(err, "user_not_found", "There is no such user")
}

// RoomFacts tells what is known of rooms of one organisation, in their order.
func (s *Service) RoomFacts(ctx context.Context, o models.Organization, rooms ...models.Room) ([]RoomFacts, error) {
	r := s.store.View(ctx)
	all, err := s.crewOf(r, o)
	if err != nil {
		return nil, err
	}
	list := make([]RoomFacts, len(rooms))
	for i, room := range rooms {
		list[i] = RoomFacts{Room: room, Organization: o, Online: all.online(), HumansOnline: all.humansOnline()}
		if room.UpdatedBy == nil {
			continue
		}
		if m, err := r.FormerManager(*room.UpdatedBy); err == nil {
			list[i].UpdatedBy = &m
		}
	}
	return list, nil
}

// OrganizationFacts tells what is known of an organisation.
func (s *Service) OrganizationFacts(ctx context.Context, o models.Organization) (OrganizationFacts, error) {
	all, err := s.crewOf(s.store.View(ctx), o)
	return OrganizationFacts{Organization: o, Present: all.present(), Online: all.online()}, err
}
