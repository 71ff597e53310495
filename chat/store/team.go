package store

import (
	"gorm.io/gorm/clause"

	"parley/chat"
	"parley/models"
)

func (r reader) TeamByUUID(organizationID int64, uuid string) (models.Team, error) {
	return oneWhere[models.Team](r.db, "uuid = $1 AND organization_id = $2", uuid, organizationID)
}

func (r reader) TeamByID(id int64) (models.Team, error) { return byID[models.Team](r.db, id) }

func (r reader) Teams(q chat.TeamQuery) ([]models.Team, error) {
	return paged[models.Team](r.db.Where("organization_id = ?", q.OrganizationID), q.PageQuery, "created_at", "id")
}

func (r reader) CountTeams(organizationID int64) (int, error) {
	var n int64
	err := r.db.Model(&models.Team{}).Where("organization_id = ?", organizationID).Count(&n).Error
	return int(n), err
}

func (r reader) TeamMembers(teamIDs ...int64) (map[int64][]int64, error) {
	found := make(map[int64][]int64, len(teamIDs))
	if len(teamIDs) == 0 {
		return found, nil
	}
	list, err := all[models.TeamMember](r.db.Where("team_id IN ?", padded(teamIDs)).Order("team_id, manager_id"))
	for _, m := range list {
		found[m.TeamID] = append(found[m.TeamID], m.ManagerID)
	}
	return found, err
}

func (r reader) TeamsOf(managerIDs ...int64) (map[int64][]models.Team, error) {
	found := make(map[int64][]models.Team, len(managerIDs))
	if len(managerIDs) == 0 {
		return found, nil
	}
	var rows []struct {
		models.Team
		ManagerID int64
	}
	err := r.db.Raw(`SELECT t.*, m.manager_id FROM team_members m JOIN teams t ON t.id = m.team_id
		WHERE m.manager_id IN ? ORDER BY t.created_at, t.id`, padded(managerIDs)).Scan(&rows).Error
	for _, row := range rows {
		found[row.ManagerID] = append(found[row.ManagerID], row.Team)
	}
	return found, err
}

func (w writer) CreateTeam(t *models.Team) error { return insert(w, t) }

var teamChanges = changesOf[models.Team]("name", "updated_at")

func (w writer) SaveTeam(t models.Team) error { return teamChanges.save(w, &t) }

func (w writer) DeleteTeam(id int64) error { return w.db.Delete(&models.Team{ID: id}).Error }

func (w writer) AddTeamMember(m models.TeamMember) (bool, error) {
	result := w.db.Clauses(clause.OnConflict{DoNothing: true}).Create(&m)
	return result.RowsAffected == 1, result.Error
}

func (w writer) RemoveTeamMember(m models.TeamMember) (bool, error) {
	result := w.db.Where("team_id = ? AND manager_id = ?", m.TeamID, m.ManagerID).Delete(&models.TeamMember{})
	return result.RowsAffected == 1, result.Error
}

func (r reader) Invitations(conversationID int64) ([]models.Invitation, error) {
	return all[models.Invitation](r.db.Where("conversation_id = ?", conversationID).Order("id"))
}

func (r reader) InvitationsTo(q chat.InvitationQuery) ([]models.Invitation, error) {
	query := r.db.Where(`organization_id = ? AND inviter_id <> ?
		AND (invited_id = ? OR team_id IN (SELECT team_id FROM team_members WHERE manager_id = ?))`,
		q.OrganizationID, q.ManagerID, q.ManagerID, q.ManagerID)
	if q.UUID != "" {
		query = query.Where("uuid = ?", q.UUID)
	} else {
		query = query.Where("accepted_by IS NULL AND conversation_id IN (SELECT id FROM conversations WHERE organization_id = ? AND status = 'open')",
			q.OrganizationID)
	}
	return paged[models.Invitation](query, q.PageQuery, "created_at", "id")
}

func (w writer) CreateInvitation(i *models.Invitation) error { return insert(w, i) }

var invitationChanges = changesOf[models.Invitation]("accepted_by", "updated_at")

func (w writer) SaveInvitation(i models.Invitation) error { return invitationChanges.save(w, &i) }
