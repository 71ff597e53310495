package chat

import (
	"context"
	"errors"
	"slices"

	"parley/models"
)

// TeamReader reads groups of managers.
type TeamReader interface {
	TeamByUUID(organizationID int64, uuid string) (models.Team, error)
	TeamByID(id int64) (models.Team, error)
	Teams(q TeamQuery) ([]models.Team, error)
	CountTeams(organizationID int64) (int, error)
	// TeamMembers lists by team the managers in it who have not left.
	TeamMembers(teamIDs ...int64) (map[int64][]int64, error)
	// TeamsOf lists by manager the teams that she is in, in the order in which they were made.
	TeamsOf(managerIDs ...int64) (map[int64][]models.Team, error)
}

// TeamTx changes them.
type TeamTx interface {
	CreateTeam(t *models.Team) error
	SaveTeam(t models.Team) error
	DeleteTeam(id int64) error
	// AddTeamMember and RemoveTeamMember tell whether that was news.
	AddTeamMember(m models.TeamMember) (bool, error)
	RemoveTeamMember(m models.TeamMember) (bool, error)
}

// TeamQuery asks for a page of an organisation's teams, in the order in which they were made.
type TeamQuery struct {
	OrganizationID int64
	PageQuery
}

// maxTeams is how many an organisation may have.
const maxTeams = 200

// TeamFacts is what is told of a team.
type TeamFacts struct {
	models.Team
	Organization models.Organization
	Members      []UserFacts
}

// PresentMembers counts who is there of the team.
func (t TeamFacts) PresentMembers() (n int) {
	for _, m := range t.Members {
		if m.Present {
			n++
		}
	}
	return n
}

// Online tells whether conversations may come to somebody of the team.
func (t TeamFacts) Online() bool {
	return slices.ContainsFunc(t.Members, func(m UserFacts) bool { return m.Online })
}

// Teams lists those of the organisation that the gate has found.
func (s *Service) Teams(ctx context.Context, f Found, q PageQuery) ([]TeamFacts, Page, error) {
	q = q.oneMore()
	list, err := s.store.View(ctx).Teams(TeamQuery{OrganizationID: f.Organization.ID, PageQuery: q})
	if err != nil {
		return nil, Page{}, err
	}
	list, page := cutPage(list, q)
	facts, err := s.teamFacts(ctx, f.Organization, list)
	return facts, page, err
}

// TeamNamed tells of one.
func (s *Service) TeamNamed(ctx context.Context, f Found, uuid string) (TeamFacts, error) {
	t, err := s.store.View(ctx).TeamByUUID(f.Organization.ID, uuid)
	if err != nil {
		return TeamFacts{}, orNotFound(err, "team_not_found", "There is no such team")
	}
	facts, err := s.teamFacts(ctx, f.Organization, []models.Team{t})
	if err != nil {
		return TeamFacts{}, err
	}
	return facts[0], nil
}

func (s *Service) teamFacts(ctx context.Context, o models.Organization, list []models.Team) ([]TeamFacts, error) {
	r := s.store.View(ctx)
	all, err := s.crewOf(r, o)
	if err == nil {
		err = inTeams(r, all.facts)
	}
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(list))
	for i, t := range list {
		ids[i] = t.ID
	}
	members, err := r.TeamMembers(ids...)
	facts := make([]TeamFacts, len(list))
	for i, t := range list {
		facts[i] = TeamFacts{Team: t, Organization: o}
		for _, u := range all.facts {
			if slices.Contains(members[t.ID], u.User.ID) {
				facts[i].Members = append(facts[i].Members, u)
			}
		}
	}
	return facts, err
}

// CreateTeam makes a team in the caller's organisation. Refusals: name_invalid, too_many_teams.
func (s *Service) CreateTeam(ctx context.Context, p Principal, name string) (t models.Team, err error) {
	err = s.withTeams(ctx, p, func(tx Tx) error {
		t, err = createTeam(ctx, tx, p, p.OrganizationID, name)
		return err
	})
	return t, err
}

// RenameTeam names it otherwise. Refusals: team_not_found, name_invalid.
func (s *Service) RenameTeam(ctx context.Context, p Principal, uuid, name string) (t models.Team, err error) {
	err = s.withTeams(ctx, p, func(tx Tx) error {
		t, err = renameTeam(ctx, tx, p, p.OrganizationID, uuid, name)
		return err
	})
	return t, err
}

// DeleteTeam removes it; its members stay. Refusals: team_not_found.
func (s *Service) DeleteTeam(ctx context.Context, p Principal, uuid string) error {
	return s.withTeams(ctx, p, func(tx Tx) error { return deleteTeam(ctx, tx, p, p.OrganizationID, uuid) })
}

// SetTeamMember puts a manager into a team or takes her out, and tells whether that was news. Refusals: team_not_found,
// manager_not_found.
func (s *Service) SetTeamMember(ctx context.Context, p Principal, uuid string, managerID int64, belongs bool) (news bool, err error) {
	err = s.withTeams(ctx, p, func(tx Tx) error {
		news, err = setTeamMember(ctx, tx, p, p.OrganizationID, uuid, managerID, belongs)
		return err
	})
	return news, err
}

func (s *Service) withTeams(ctx context.Context, p Principal, fn func(Tx) error) error {
	if err := mayTeams(p); err != nil {
		return err
	}
	return s.update(ctx, fn)
}

func createTeam(ctx context.Context, tx Tx, by Principal, organizationID int64, name string) (t models.Team, err error) {
	if name, err = validName(name); err != nil {
		return t, err
	}
	if _, err := tx.LockOrganization(organizationID); err != nil {
		return t, orNotFound(err, "organization_not_found", "There is no organisation %d", organizationID)
	}
	n, err := tx.CountTeams(organizationID)
	if err != nil {
		return t, err
	}
	if n >= maxTeams {
		return t, E(Conflict, "too_many_teams", "There are %d teams already", maxTeams)
	}
	at := now()
	t = models.Team{UUID: newUUID(), OrganizationID: organizationID, Name: name, CreatedAt: at, UpdatedAt: at}
	if err := tx.CreateTeam(&t); err != nil {
		return t, err
	}
	return t, auditTeam(ctx, tx, by, models.AuditTeamAdded, t, nil)
}

// lockTeam finds a team and keeps others from its organisation's teams.
func lockTeam(tx Tx, organizationID int64, uuid string) (models.Team, error) {
	if _, err := tx.LockOrganization(organizationID); err != nil {
		return models.Team{}, orNotFound(err, "organization_not_found", "There is no organisation %d", organizationID)
	}
	t, err := tx.TeamByUUID(organizationID, uuid)
	return t, orNotFound(err, "team_not_found", "There is no such team")
}

func renameTeam(ctx context.Context, tx Tx, by Principal, organizationID int64, uuid, name string) (models.Team, error) {
	name, err := validName(name)
	if err != nil {
		return models.Team{}, err
	}
	t, err := lockTeam(tx, organizationID, uuid)
	if err != nil || t.Name == name {
		return t, err
	}
	t.Name, t.UpdatedAt = name, now()
	if err := tx.SaveTeam(t); err != nil {
		return t, err
	}
	return t, auditTeam(ctx, tx, by, models.AuditTeamChanged, t, nil)
}

func deleteTeam(ctx context.Context, tx Tx, by Principal, organizationID int64, uuid string) error {
	t, err := lockTeam(tx, organizationID, uuid)
	if err != nil {
		return err
	}
	if err := tx.DeleteTeam(t.ID); err != nil {
		return err
	}
	return auditTeam(ctx, tx, by, models.AuditTeamDeleted, t, nil)
}

func setTeamMember(ctx context.Context, tx Tx, by Principal, organizationID int64, uuid string, managerID int64, belongs bool) (news bool, err error) {
	t, err := lockTeam(tx, organizationID, uuid)
	if err != nil {
		return false, err
	}
	m, err := tx.Manager(managerID)
	if err == nil && m.OrganizationID != organizationID {
		err = ErrNoRecord
	}
	if err != nil {
		return false, orNotFound(err, "manager_not_found", "There is no manager %d", managerID)
	}
	change := tx.RemoveTeamMember
	if belongs {
		change = tx.AddTeamMember
	}
	if news, err = change(models.TeamMember{TeamID: t.ID, ManagerID: m.ID}); err != nil || !news {
		return news, err
	}
	if err := tellUser(tx, m, ResourceChanged, "team_memberships"); err != nil {
		return news, err
	}
	return news, auditTeam(ctx, tx, by, models.AuditTeamChanged, t, map[string]any{"manager": m.ID, "belongs": belongs})
}

func auditTeam(ctx context.Context, tx Tx, by Principal, action models.AuditAction, t models.Team, details map[string]any) error {
	if details == nil {
		details = map[string]any{}
	}
	details["name"] = t.Name
	return audit(ctx, tx, by, Deed{
		Action: action, OrganizationID: t.OrganizationID, Target: AuditTarget{"team", t.UUID}, Details: details,
	})
}

// Teams lists an organisation's, and CreateTeam, DeleteTeam and SetTeamMember change them, as the service's do.
func (a *Admin) Teams(ctx context.Context, organizationID int64) ([]models.Team, error) {
	if _, err := a.Organization(ctx, organizationID); err != nil {
		return nil, err
	}
	return a.store.View(ctx).Teams(TeamQuery{OrganizationID: organizationID, PageQuery: PageQuery{Limit: maxTeams}})
}

// TeamMembers lists by team who is in it.
func (a *Admin) TeamMembers(ctx context.Context, teams []models.Team) (map[int64][]int64, error) {
	ids := make([]int64, len(teams))
	for i, t := range teams {
		ids[i] = t.ID
	}
	return a.store.View(ctx).TeamMembers(ids...)
}

// CreateTeam makes a team.
func (a *Admin) CreateTeam(ctx context.Context, organizationID int64, name string) (t models.Team, err error) {
	err = a.store.Update(ctx, func(tx Tx) error {
		t, err = createTeam(ctx, tx, commandLine, organizationID, name)
		return err
	})
	return t, err
}

// DeleteTeam removes one; its members stay.
func (a *Admin) DeleteTeam(ctx context.Context, organizationID int64, uuid string) error {
	return a.store.Update(ctx, func(tx Tx) error { return deleteTeam(ctx, tx, commandLine, organizationID, uuid) })
}

// SetTeamMember puts a manager into a team or takes her out.
func (a *Admin) SetTeamMember(ctx context.Context, organizationID int64, uuid string, managerID int64, belongs bool) error {
	return a.store.Update(ctx, func(tx Tx) error {
		_, err := setTeamMember(ctx, tx, commandLine, organizationID, uuid, managerID, belongs)
		return err
	})
}

// Team finds one, whoever's it is.
func (a *Admin) Team(ctx context.Context, uuid string) (models.Team, error) {
	r := a.store.View(ctx)
	organizations, err := r.Organizations()
	if err != nil {
		return models.Team{}, err
	}
	for _, o := range organizations {
		if t, err := r.TeamByUUID(o.ID, uuid); !errors.Is(err, ErrNoRecord) {
			return t, err
		}
	}
	return models.Team{}, E(NotFound, "team_not_found", "There is no such team")
}
