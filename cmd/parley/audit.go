package main

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/chat"
	"parley/models"
)

// data is what the commands about an organisation's data need; chat.Admin does it.
type data interface {
	AuditLog(ctx context.Context, q chat.AuditQuery) ([]chat.AuditView, *chat.AuditCursor, error)
	// WriteExport writes a visitor's zip.
	WriteExport(ctx context.Context, organization int64, visitor string, to io.Writer) error
	EraseVisitor(ctx context.Context, organization int64, visitor string) (chat.ErasureView, error)
}

func (a *app) auditCommand() *cobra.Command {
	all := &cobra.Command{Use: "list", Short: "List what was done, the latest first", Args: cobra.NoArgs, RunE: a.listAudit}
	f := all.Flags()
	f.Int64("org", 0, "of this organisation only")
	f.String("action", "", "only this action, such as sign_in_failed")
	f.String("actor", "", "only this `kind` of actor, or one, as in manager:5")
	f.String("since", "", "only what is not older, a duration such as 24h")
	f.Int("limit", 50, "how many")
	addJSON(all)
	return group("audit", "The audit log: sign-ins, refusals, keys, roles, exports and erasures", all)
}

func (a *app) listAudit(c *cobra.Command, _ []string) error {
	q, err := givenAudit(c)
	if err != nil {
		return err
	}
	limit, _ := c.Flags().GetInt("limit")
	return a.withAdmin(c, func(ctx context.Context, door admin) error {
		var entries []chat.AuditView
		for len(entries) < limit {
			q.Limit = limit - len(entries)
			page, next, err := door.AuditLog(ctx, q)
			if err != nil {
				return err
			}
			entries = append(entries, page...)
			if q.Before = next; next == nil {
				break
			}
		}
		return a.show(c, list(entries), auditRows(entries...)...)
	})
}

func givenAudit(c *cobra.Command) (q chat.AuditQuery, err error) {
	q.OrganizationID, _ = c.Flags().GetInt64("org")
	action, _ := c.Flags().GetString("action")
	actor, _ := c.Flags().GetString("actor")
	q.Action = models.AuditAction(action)
	q.ActorKind, q.ActorID, _ = strings.Cut(actor, ":")
	if since, _ := c.Flags().GetString("since"); since != "" {
		age, err := time.ParseDuration(since)
		if err != nil || age <= 0 {
			return q, usagef("%s: --since is a duration such as 24h", c.CommandPath())
		}
		q.From = models.At(time.Now().Add(-age))
	}
	return q, nil
}

func auditRows(entries ...chat.AuditView) [][]string {
	rows := [][]string{{"AT", "ORG", "ACTOR", "ACTION", "TARGET", "COUNT", "FROM", "DETAILS"}}
	for _, e := range entries {
		org, target := "", ""
		if e.OrganizationID != nil {
			org = number(*e.OrganizationID)
		}
		if e.Target != nil {
			target = party(*e.Target)
		}
		rows = append(rows, []string{
			e.At.String(), org, party(e.Actor), string(e.Action), target, number(int64(e.Count)), e.Address, string(e.Details),
		})
	}
	return rows
}

func party(p chat.AuditParty) string { return strings.TrimSuffix(p.Type+":"+p.ID, ":") }
