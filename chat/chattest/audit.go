package chattest

import (
	"fmt"
	"slices"
	"testing"

	"parley/chat"
	"parley/models"
)

func auditLog(t *testing.T, f *Fixture) {
	entry := func(org *int64, at models.Time, kind, id string, action models.AuditAction) models.AuditEntry {
		return models.AuditEntry{OrganizationID: org, At: at, ActorKind: kind, ActorID: id, Action: action, Count: 1, Details: "{}"}
	}
	own, other := f.Org.ID, f.Organization("Kettles").ID
	f.do(func(tx chat.Tx) error {
		return tx.AppendAudit([]models.AuditEntry{
			entry(&own, 10, "manager", "1", models.AuditSignIn),
			entry(&own, 30, "manager", "2", models.AuditSignIn),
			entry(&own, 20, "key", "1", models.AuditExported),
			entry(&own, 20, "manager", "1", models.AuditKeyAdded),
			entry(&other, 25, "manager", "9", models.AuditSignIn),
			entry(nil, 26, "stranger", "", models.AuditSignInFailed),
		})
	})
	for name, row := range map[string]struct {
		q    chat.AuditQuery
		want []string
	}{
		"everything":      {chat.AuditQuery{}, []string{"30", "26", "25", "20", "20", "10"}},
		"organisation":    {chat.AuditQuery{OrganizationID: own}, []string{"30", "20", "20", "10"}},
		"action":          {chat.AuditQuery{OrganizationID: own, Action: models.AuditSignIn}, []string{"30", "10"}},
		"actor":           {chat.AuditQuery{OrganizationID: own, ActorKind: "manager", ActorID: "1"}, []string{"20", "10"}},
		"kind of actor":   {chat.AuditQuery{OrganizationID: own, ActorKind: "key"}, []string{"20"}},
		"from and to":     {chat.AuditQuery{OrganizationID: own, From: 20, To: 30}, []string{"20", "20"}},
		"the next page":   {chat.AuditQuery{OrganizationID: own, Before: &chat.AuditCursor{At: 20, ID: 4}}, []string{"20", "10"}},
		"of the last one": {chat.AuditQuery{OrganizationID: own, Before: &chat.AuditCursor{At: 10, ID: 1}}, nil},
	} {
		row.q.Limit = 10
		found, err := f.reader().Audit(row.q)
		f.must(err)
		var got []string
		for _, e := range found {
			got = append(got, fmt.Sprint(int64(e.At)))
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: %v, want %v", name, got, row.want)
		}
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteAudit(25, 2) })
	left, err := f.reader().Audit(chat.AuditQuery{Limit: 10})
	if err != nil || len(left) != 4 || left[3].At != 20 {
		t.Errorf("after two of three old ones went: %+v, %v", left, err)
	}
	f.do(func(tx chat.Tx) error { return tx.DeleteOrganization(own) })
	if left, err = f.reader().Audit(chat.AuditQuery{Limit: 10}); err != nil || len(left) != 2 {
		t.Errorf("after the organisation went: %+v, %v", left, err)
	}
}
