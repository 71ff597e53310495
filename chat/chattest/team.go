package chattest

import (
	"errors"
	"slices"
	"testing"

	"parley/chat"
	"parley/models"
)

func teams(t *testing.T, f *Fixture) {
	boris := f.Manager(f.Org, "Boris")
	add := func(o models.Organization, name string, at models.Time) models.Team {
		one := models.Team{UUID: f.uuid(), OrganizationID: o.ID, Name: name, CreatedAt: at, UpdatedAt: at}
		f.do(func(tx chat.Tx) error { one.ID = 0; return tx.CreateTeam(&one) })
		return one
	}
	other := f.Organization("Kettles")
	cooks, bath, foreign := add(f.Org, "Cooks", 5), add(f.Org, "Bath", 6), add(other, "Cooks", 5)
	if got, err := f.reader().TeamByUUID(f.Org.ID, cooks.UUID); got != cooks || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	for _, uuid := range []string{foreign.UUID, "nothing"} {
		if _, err := f.reader().TeamByUUID(f.Org.ID, uuid); !errors.Is(err, chat.ErrNoRecord) {
			t.Errorf("%s: %v", uuid, err)
		}
	}
	bath.Name, bath.UpdatedAt = "Bathroom", 7
	f.do(func(tx chat.Tx) error { return tx.SaveTeam(bath) })
	list, err := f.reader().Teams(chat.TeamQuery{OrganizationID: f.Org.ID, PageQuery: chat.PageQuery{Limit: 9}})
	if !slices.Equal(list, []models.Team{cooks, bath}) || err != nil {
		t.Errorf("%+v, %v", list, err)
	}
	if n, err := f.reader().CountTeams(f.Org.ID); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	f.do(func(tx chat.Tx) error {
		for _, step := range []struct {
			change func(models.TeamMember) (bool, error)
			m      models.Manager
			news   bool
		}{
			{tx.AddTeamMember, boris, true}, {tx.AddTeamMember, boris, false}, {tx.AddTeamMember, f.Anna, true},
			{tx.RemoveTeamMember, f.Anna, true}, {tx.RemoveTeamMember, f.Anna, false}, {tx.AddTeamMember, f.Anna, true},
		} {
			if news, err := step.change(models.TeamMember{TeamID: cooks.ID, ManagerID: step.m.ID}); news != step.news || err != nil {
				t.Errorf("%s: %v, %v", step.m.Name, news, err)
			}
		}
		return nil
	})
	members := func(want ...int64) {
		t.Helper()
		got, err := f.reader().TeamMembers(cooks.ID, bath.ID)
		if !slices.Equal(got[cooks.ID], want) || len(got[bath.ID]) != 0 || err != nil {
			t.Errorf("%v, %v; want %v", got, err, want)
		}
	}
	members(f.Anna.ID, boris.ID)
	f.do(func(tx chat.Tx) error {
		_, err := tx.AddTeamMember(models.TeamMember{TeamID: bath.ID, ManagerID: f.Anna.ID})
		return err
	})
	in, err := f.reader().TeamsOf(f.Anna.ID, boris.ID, 99)
	if !slices.Equal(in[f.Anna.ID], []models.Team{cooks, bath}) || !slices.Equal(in[boris.ID], []models.Team{cooks}) || len(in) != 2 || err != nil {
		t.Errorf("%+v, %v", in, err)
	}
	f.do(func(tx chat.Tx) error {
		_, err := tx.RemoveTeamMember(models.TeamMember{TeamID: bath.ID, ManagerID: f.Anna.ID})
		return err
	})

	c := f.Conversation(1, "v1", f.Anna, nil)
	i := models.Invitation{
		UUID: f.uuid(), OrganizationID: f.Org.ID, ConversationID: c.ID, InviterID: f.Anna.ID, TeamID: &cooks.ID, CreatedAt: 5, UpdatedAt: 5,
	}
	f.do(func(tx chat.Tx) error { i.ID = 0; return tx.CreateInvitation(&i) })
	asked := func(m models.Manager, uuid string, want ...string) {
		t.Helper()
		list, err := f.reader().InvitationsTo(chat.InvitationQuery{OrganizationID: f.Org.ID, ManagerID: m.ID, UUID: uuid, PageQuery: chat.PageQuery{Limit: 9}})
		var got []string
		for _, one := range list {
			got = append(got, one.UUID)
		}
		if !slices.Equal(got, want) || err != nil {
			t.Errorf("%s: %v, %v; want %v", m.Name, got, err, want)
		}
	}
	clara := f.Manager(f.Org, "Clara")
	hers := models.Invitation{
		UUID: f.uuid(), OrganizationID: f.Org.ID, ConversationID: c.ID, InviterID: f.Anna.ID, InvitedID: &clara.ID, CreatedAt: 6, UpdatedAt: 6,
	}
	f.do(func(tx chat.Tx) error { hers.ID = 0; return tx.CreateInvitation(&hers) })
	asked(f.Anna, "") // she asks herself, with the team
	asked(boris, "", i.UUID)
	asked(clara, "", hers.UUID)
	asked(clara, hers.UUID, hers.UUID)
	asked(clara, i.UUID)
	hers.AcceptedBy = &clara.ID
	f.do(func(tx chat.Tx) error { return tx.SaveInvitation(hers) })
	asked(clara, "")
	asked(clara, hers.UUID, hers.UUID)
	asked(boris, "", i.UUID)
	i.AcceptedBy, i.UpdatedAt = &boris.ID, 6
	f.do(func(tx chat.Tx) error { return tx.SaveInvitation(i) })
	sent, err := f.reader().Invitations(c.ID)
	if err != nil || len(sent) != 2 || sent[0].UUID != i.UUID || *sent[0].AcceptedBy != boris.ID || sent[0].UpdatedAt != 6 || *sent[0].TeamID != cooks.ID || sent[0].InvitedID != nil {
		t.Errorf("%+v, %v", sent, err)
	}

	f.do(func(tx chat.Tx) error { return tx.RetireManager(boris.ID, 9) })
	members(f.Anna.ID)
	f.do(func(tx chat.Tx) error { return tx.DeleteTeam(cooks.ID) })
	members()
	if _, err := f.reader().TeamByID(cooks.ID); !errors.Is(err, chat.ErrNoRecord) {
		t.Errorf("deleted: %v", err)
	}
}
