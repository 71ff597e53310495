package store

import (
	"gorm.io/gorm/clause"

	"parley/chat"
	"parley/models"
)

func (r reader) Goals(organizationID int64) ([]models.Goal, error) {
	return all[models.Goal](r.db.Where("organization_id = ? AND deleted_at IS NULL", organizationID).Order("id"))
}

func (r reader) GoalByUUID(uuid string) (models.Goal, error) {
	return first[models.Goal](r.db.Where("uuid = ? AND deleted_at IS NULL", uuid))
}

func (r reader) Goal(id int64) (models.Goal, error) {
	return first[models.Goal](r.db.Where("id = ?", id))
}

// quarter is how many milliseconds one has. Days begin with one in all zones of today.
const quarter = 15 * 60 * 1000

func (r reader) GoalCounts(organizationID, goalID int64, from, to models.Time) ([]chat.GoalCount, error) {
	query := r.db.Model(&models.GoalMatch{}).Where("organization_id = ? AND created_at >= ? AND created_at < ?", organizationID, from, to)
	if goalID != 0 {
		query = query.Where("goal_id = ?", goalID)
	}
	var counts []chat.GoalCount
	err := query.Select("goal_id, created_at / ? * ? AS quarter, count(*) AS count, sum(value) AS value", quarter, quarter).
		Group("goal_id, quarter").Order("goal_id, quarter").Scan(&counts).Error
	return counts, err
}

func (r reader) GoalMatchPage(visitorID string, after int64, limit int) ([]models.GoalMatch, error) {
	return all[models.GoalMatch](r.page(after, limit).Where("visitor_id = ?", visitorID))
}

func (r reader) LatestSession(visitorID string) (session string, err error) {
	err = r.db.Model(&models.RoomVisitor{}).Select("session_id").Where("visitor_id = ? AND session_id IS NOT NULL", visitorID).
		Order("seen_at DESC, id DESC").Limit(1).Scan(&session).Error
	return session, err
}

func (w writer) CreateGoal(g *models.Goal) error { return w.db.Create(g).Error }

func (w writer) SaveGoal(g models.Goal) error {
	return w.db.Select("name", "value", "updated_at", "deleted_at").Updates(&g).Error
}

func (w writer) CreateGoalMatch(m *models.GoalMatch) (bool, error) {
	created := w.db.Clauses(clause.OnConflict{DoNothing: true}).Create(m)
	if created.Error != nil || created.RowsAffected > 0 {
		return created.Error == nil, created.Error
	}
	known, err := first[models.GoalMatch](w.db.Where("goal_id = ? AND visitor_id = ? AND session_id = ?", m.GoalID, m.VisitorID, m.SessionID))
	*m = known
	return false, err
}

func (r reader) Identifier(organizationID int64, identifier string) (models.VisitorIdentifier, error) {
	return oneWhere[models.VisitorIdentifier](r.db, "organization_id = $1 AND identifier = $2", organizationID, identifier)
}

func (r reader) IdentifiersOf(visitorID string) ([]models.VisitorIdentifier, error) {
	return all[models.VisitorIdentifier](r.db.Where("visitor_id = ?", visitorID).Order("updated_at DESC, id DESC"))
}

func (r reader) RoomsKnowing(v models.Visitor) ([]models.Room, error) {
	return all[models.Room](r.db.Where("organization_id = ? AND deleted_at IS NULL", v.OrganizationID).
		Where(`(id IN (SELECT room_id FROM room_visitors WHERE visitor_id = ?) OR id IN (SELECT room_id FROM visitor_variables WHERE visitor_id = ?)
			OR CASE WHEN main THEN 0 ELSE id END IN (SELECT room_id FROM conversations WHERE visitor_id = ?))`, v.ID, v.ID, v.ID).
		Order("created_at, id"))
}

func (w writer) PutIdentifier(i *models.VisitorIdentifier) error {
	err := w.db.Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "organization_id"}, {Name: "identifier"}}, DoUpdates: clause.AssignmentColumns([]string{"visitor_id", "updated_at"}),
	}).Create(i).Error
	if err != nil {
		return err
	}
	*i, err = w.Identifier(i.OrganizationID, i.Identifier)
	return err
}

func (w writer) DeleteIdentifier(id int64) error {
	return w.db.Delete(&models.VisitorIdentifier{ID: id}).Error
}
