package chattest

import (
	"cmp"
	"context"
	"fmt"
	"testing"

	"parley/chat"
	"parley/models"
)

// Fixture fills a store with records.
type Fixture struct {
	UnderTest
	t     testing.TB
	count int
	Org   models.Organization
	Anna  models.Manager
}

// NewFixture makes an organisation with one manager.
func NewFixture(t testing.TB, s UnderTest) *Fixture {
	f := &Fixture{UnderTest: s, t: t}
	f.Org = f.Organization("Teapots")
	f.Anna = f.Manager(f.Org, "Anna")
	return f
}

func (f *Fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *Fixture) do(fn func(tx chat.Tx) error) {
	f.t.Helper()
	f.must(f.Update(context.Background(), fn))
}

func (f *Fixture) reader() chat.Reader { return f.View(context.Background()) }

func (f *Fixture) uuid() string {
	f.count++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", f.count)
}

// Organization adds one.
func (f *Fixture) Organization(name string) models.Organization {
	f.t.Helper()
	o := models.Organization{UUID: f.uuid(), Name: name, SiteKey: "key-" + name, TimeZone: "UTC", Strategy: models.LeastLoaded, CreatedAt: 1}
	f.do(func(tx chat.Tx) error { o.ID = 0; return tx.CreateOrganization(&o) })
	return o
}

// Manager adds one; the address is made of the name.
func (f *Fixture) Manager(o models.Organization, name string) models.Manager {
	f.t.Helper()
	m := models.Manager{
		UUID: f.uuid(), OrganizationID: o.ID, Name: name, Email: name + "@example.com", PasswordHash: "x",
		Role: models.RoleManager, DutyState: models.DutyAuto, CreatedAt: 1,
	}
	f.do(func(tx chat.Tx) error { m.ID = 0; return tx.CreateManager(&m) })
	return m
}

// Conversation adds one with its visitor, open unless told otherwise.
func (f *Fixture) Conversation(id int64, visitorID string, m models.Manager, change func(*models.Conversation)) models.Conversation {
	f.t.Helper()
	c := models.Conversation{
		ID: id, UUID: f.uuid(), OrganizationID: m.OrganizationID, VisitorID: visitorID, ManagerID: &m.ID,
		Status: models.StatusOpen, CreatedAt: models.Time(id), UpdatedAt: models.Time(id),
	}
	if change != nil {
		change(&c)
	}
	v := models.Visitor{ID: visitorID, UUID: f.uuid(), OrganizationID: m.OrganizationID, CreatedAt: 1}
	f.do(func(tx chat.Tx) error {
		if err := tx.EnsureVisitor(v); err != nil {
			return err
		}
		return tx.CreateConversation(&c)
	})
	return c
}

// Message adds one of the visitor's.
func (f *Fixture) Message(c models.Conversation, change func(*models.Message)) models.Message {
	f.t.Helper()
	m := models.Message{
		UUID: f.uuid(), OrganizationID: c.OrganizationID, ConversationID: c.ID, VisitorID: c.VisitorID,
		SenderType: models.SenderVisitor, Content: "Hello", CreatedAt: 1,
	}
	if change != nil {
		change(&m)
	}
	f.do(func(tx chat.Tx) error {
		c, err := tx.LockConversation(c.ID)
		if err != nil {
			return err
		}
		c.MessageCount++
		m.ID = 0
		return cmp.Or(tx.CreateMessage(&m), tx.SaveConversation(c))
	})
	return m
}

func (f *Fixture) pending() []models.Event {
	f.t.Helper()
	events, err := f.Pending(context.Background(), nil, 1000)
	f.must(err)
	return events
}
