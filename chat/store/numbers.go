package store

import (
	"database/sql"

	"parley/chat"
	"parley/models"
)

// stepsQuery finds the conversations of an organisation that were open at some time in [from, to) or rated since:
// those that are open, and those whose last change, which is never before their close, came later than from. Of
// conversations that were removed the steps are left; their numbers are below 0.
const stepsQuery = `SELECT conversation_id, action, from_state, to_state, from_manager_id, manager_id, actor_type, created_at, id
	FROM transitions WHERE conversation_id IN (
		SELECT id FROM conversations WHERE organization_id = @org AND status = 'open' AND created_at < @to
		UNION ALL
		SELECT id FROM conversations WHERE organization_id = @org AND status = 'closed' AND updated_at >= @from AND created_at < @to
	)
	UNION ALL
	SELECT -bygone_id, action, from_state, to_state, from_manager_id, manager_id, actor_type, created_at, id
	FROM bygone_steps WHERE bygone_id IN (
		SELECT id FROM bygone_conversations WHERE organization_id = @org AND updated_at >= @from AND created_at < @to)
	ORDER BY 1, 9`

func stepsArgs(organizationID int64, from, to models.Time) []any {
	return []any{sql.Named("org", organizationID), sql.Named("from", from), sql.Named("to", to)}
}

// Steps reads one query's rows as they come, so that a year's do not lie in memory.
func (r reader) Steps(organizationID int64, from, to models.Time, each func(models.Transition) error) error {
	rows, err := r.db.Raw(stepsQuery, stepsArgs(organizationID, from, to)...).Rows()
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // what matters is in rows.Err
	for rows.Next() {
		t, err := scanStep(rows, organizationID)
		if err != nil {
			return err
		}
		if err := each(t); err != nil {
			return err
		}
	}
	return rows.Err()
}

func scanStep(rows *sql.Rows, organizationID int64) (models.Transition, error) {
	t := models.Transition{OrganizationID: organizationID}
	var from, to sql.NullInt64
	err := rows.Scan(&t.ConversationID, &t.Action, &t.FromState, &t.ToState, &from, &to, &t.ActorType, &t.CreatedAt, &t.ID)
	if from.Valid {
		t.FromManagerID = &from.Int64
	}
	if to.Valid {
		t.ManagerID = &to.Int64
	}
	return t, err
}

func (r reader) Ratings(organizationID int64, from, to models.Time) (map[int64]chat.Rating, error) {
	rated, err := all[models.Conversation](r.db.Select("id", "rating", "rated_at").
		Where("organization_id = ? AND status IN ('open', 'closed') AND updated_at >= ?", organizationID, from).
		Where("rating IS NOT NULL AND rated_at >= ? AND rated_at < ?", from, to))
	ratings := make(map[int64]chat.Rating, len(rated))
	for _, c := range rated {
		ratings[c.ID] = chat.Rating{Value: *c.Rating, At: *c.RatedAt}
	}
	if err != nil {
		return ratings, err
	}
	past, err := all[bygoneConversation](r.db.Where("organization_id = ? AND updated_at >= ?", organizationID, from).
		Where("rating IS NOT NULL AND rated_at >= ? AND rated_at < ?", from, to))
	for _, c := range past {
		ratings[-c.ID] = chat.Rating{Value: *c.Rating, At: *c.RatedAt}
	}
	return ratings, err
}

func (r reader) QueueNow(organizationID int64) (int, *models.Time, error) {
	var queue struct {
		Waiting int
		Since   *models.Time
	}
	err := r.db.Model(&models.Conversation{}).Select("count(*) AS waiting, min(waiting_since) AS since").
		Where("organization_id = ? AND status = 'open' AND manager_id IS NULL", organizationID).Scan(&queue).Error
	return queue.Waiting, queue.Since, err
}

func (r reader) ManagerNames(organizationID int64) (map[int64]string, error) {
	managers, err := all[models.Manager](r.db.Select("id", "name").Where("organization_id = ?", organizationID))
	names := make(map[int64]string, len(managers))
	for _, m := range managers {
		names[m.ID] = m.Name
	}
	return names, err
}
