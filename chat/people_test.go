package chat_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/models"
)

// team is an organisation's people, one of each role, a colleague whom things are done to, and outsiders.
type team struct {
	admin, supervisor, manager models.Manager
	target, foreign            models.Manager
	backend                    chat.Principal
}

func (w *world) team() (t team) {
	w.t.Helper()
	people := chat.NewAdmin(w)
	hire := func(o models.Organization, name string, role models.Role) models.Manager {
		m, err := people.CreateManager(ctx, o.ID, name, name+"@team.example.com", rightPassword, string(role))
		if err != nil {
			w.t.Fatal(err)
		}
		return m
	}
	t.admin, t.supervisor = hire(w.Org, "adele", models.RoleAdmin), hire(w.Org, "sam", models.RoleSupervisor)
	t.manager, t.target = hire(w.Org, "mia", models.RoleManager), hire(w.Org, "tom", models.RoleManager)
	t.foreign = hire(w.Organization("Kettles"), "fay", models.RoleAdmin)
	t.backend = w.backend(w.Org)
	return t
}

// TestWhoMayDoWhatWithPeople tries everything as everybody. The letters of a row are what they hear: y for yes,
// f for forbidden, n for not found, t for a token that is missing.
func TestWhoMayDoWhatWithPeople(t *testing.T) {
	eachDatabase(t, chat.Rules{TrustedManagers: true}, func(t *testing.T, w *world) {
		people := w.team()
		target, n := people.target.ID, 0
		five := 5
		change := func(c chat.ManagerChanges) func(chat.Principal) error {
			return func(p chat.Principal) error { _, err := w.service.ChangeColleague(ctx, p, target, c); return err }
		}
		self := func(c chat.ManagerChanges) func(chat.Principal) error {
			return func(p chat.Principal) error { _, err := w.service.ChangeColleague(ctx, p, p.ManagerID, c); return err }
		}
		leave := func() int64 {
			l, err := chat.NewAdmin(w).AddLeave(ctx, target, chat.Absence{FromDay: "2026-12-24", ToDay: "2026-12-26"})
			if err != nil {
				t.Fatal(err)
			}
			return l.ID
		}
		day := func() string { n++; return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC).Format("2006-01-02") }
		callers := []chat.Principal{
			as(people.admin), people.backend, as(people.supervisor), as(people.manager), as(people.foreign), visitor("v1"), stranger,
		}
		for _, row := range []struct {
			what, want string
			do         func(chat.Principal) error
		}{
			{"read the organisation", "yyyyyft", func(p chat.Principal) error { _, err := w.service.OwnOrganization(ctx, p); return err }},
			{"change the organisation", "yyffyft", func(p chat.Principal) error {
				_, err := w.service.ChangeOrganization(ctx, p, chat.OrganizationChanges{Greeting: chat.To("Hi")})
				return err
			}},
			{"list the team", "yyyyyft", func(p chat.Principal) error { _, err := w.service.Team(ctx, p); return err }},
			{"read a colleague", "yyyynft", func(p chat.Principal) error { _, err := w.service.Colleague(ctx, p, target); return err }},
			{"hire", "yyffyft", func(p chat.Principal) error {
				n++
				_, err := w.service.Hire(ctx, p, chat.ManagerChanges{Name: chat.To("New"), Email: chat.To(day() + "@new.example.com")}, rightPassword)
				return err
			}},
			{"rename a colleague", "yyffnft", change(chat.ManagerChanges{Name: chat.To("Thomas")})},
			{"a colleague's picture", "yyffnft", change(chat.ManagerChanges{AvatarURL: chat.To[*string](nil)})},
			{"a colleague's address", "yyffnft", change(chat.ManagerChanges{Email: chat.To("thomas@team.example.com")})},
			{"a colleague's role", "yyffnft", change(chat.ManagerChanges{Role: chat.To(models.RoleManager)})},
			{"a colleague's limit", "yyyfnft", change(chat.ManagerChanges{MaxConversations: chat.To(&five)})},
			{"a colleague's time zone", "yyyfnft", change(chat.ManagerChanges{TimeZone: chat.To("Europe/Berlin")})},
			{"a limit and a name", "yyffnft", change(chat.ManagerChanges{MaxConversations: chat.To(&five), Name: chat.To("Tim")})},
			{"rename oneself", "ynyyyft", self(chat.ManagerChanges{Name: chat.To("Other")})},
			{"promote oneself", "ynffyft", self(chat.ManagerChanges{Role: chat.To(models.RoleAdmin)})},
			{"limit oneself", "ynyfyft", self(chat.ManagerChanges{MaxConversations: chat.To(&five)})},
			{"read shifts", "yyyynft", func(p chat.Principal) error { _, err := w.service.Week(ctx, p, target); return err }},
			{"set shifts", "yyyfnft", func(p chat.Principal) error {
				_, err := w.service.SetWeek(ctx, p, target, []chat.Hours{{Weekday: 1, From: "09:00", To: "18:00"}}, chat.Change[string]{})
				return err
			}},
			{"read leave", "yyyynft", func(p chat.Principal) error { _, err := w.service.Absences(ctx, p, target); return err }},
			{"add leave", "yyyfnft", func(p chat.Principal) error {
				_, err := w.service.AddAbsence(ctx, p, target, chat.Absence{FromDay: "2026-12-24", ToDay: "2026-12-24"})
				return err
			}},
			{"remove leave", "yyyfnft", func(p chat.Principal) error { return w.service.RemoveAbsence(ctx, p, target, leave()) }},
			{"read holidays", "yyyyyft", func(p chat.Principal) error { _, err := w.service.Holidays(ctx, p); return err }},
			{"add a holiday", "yyffyft", func(p chat.Principal) error { _, err := w.service.AddHoliday(ctx, p, day(), ""); return err }},
			{"remove a holiday", "yyffnft", func(p chat.Principal) error {
				h, err := chat.NewAdmin(w).AddHoliday(ctx, w.Org.ID, day(), "")
				if err != nil {
					t.Fatal(err)
				}
				return w.service.RemoveHoliday(ctx, p, h.ID)
			}},
			{"a colleague's password", "yyffnft", func(p chat.Principal) error {
				_, err := w.service.ChangePassword(ctx, p, chat.PasswordChange{ManagerID: target, New: rightPassword})
				return err
			}},
			{"sign a colleague out", "yyffnft", func(p chat.Principal) error { return w.service.SignOutEverywhere(ctx, p, target) }},
			{"unlock a colleague", "yyffnft", func(p chat.Principal) error { return w.service.UnlockColleague(ctx, p, target) }},
			{"dismiss a colleague", "yyffnft", func(p chat.Principal) error {
				m := w.Manager(w.Org, day())
				return w.service.Dismiss(ctx, p, m.ID)
			}},
		} {
			for i, p := range callers {
				err := row.do(p)
				got := map[chat.Kind]byte{chat.Forbidden: 'f', chat.NotFound: 'n', chat.Unauthenticated: 't'}[chat.KindOf(err)]
				if err == nil {
					got = 'y'
				}
				if got != row.want[i] {
					t.Errorf("%s, as %s: %v, want %c", row.what, p, err, row.want[i])
				}
			}
		}
	})
}

func TestPeopleInput(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		people := w.team()
		text := func(s string) *string { return &s }
		number := func(n int) *int { return &n }
		long := func(n int64) *int64 { return &n }
		manager := func(c chat.ManagerChanges) error {
			_, err := w.service.ChangeColleague(ctx, as(people.admin), people.target.ID, c)
			return err
		}
		organization := func(c chat.OrganizationChanges) error {
			_, err := w.service.ChangeOrganization(ctx, as(people.admin), c)
			return err
		}
		week := func(hours ...chat.Hours) error {
			_, err := w.service.SetWeek(ctx, as(people.admin), people.target.ID, hours, chat.Change[string]{})
			return err
		}
		leave := func(a chat.Absence) error {
			_, err := w.service.AddAbsence(ctx, as(people.admin), people.target.ID, a)
			return err
		}
		holiday := func(day, name string) error {
			_, err := w.service.AddHoliday(ctx, as(people.admin), day, name)
			return err
		}
		for _, row := range []struct {
			what, code string
			err        error
		}{
			{"no name", "name_invalid", manager(chat.ManagerChanges{Name: chat.To(" ")})},
			{"a taken address", "email_taken", manager(chat.ManagerChanges{Email: chat.To(people.manager.Email)})},
			{"her own address", "", manager(chat.ManagerChanges{Email: chat.To(strings.ToUpper(people.target.Email))})},
			{"no role", "role_invalid", manager(chat.ManagerChanges{Role: chat.To(models.Role("boss"))})},
			{"an https picture", "", manager(chat.ManagerChanges{AvatarURL: chat.To(text("https://example.com/a.png"))})},
			{"a picture of ours", "", manager(chat.ManagerChanges{AvatarURL: chat.To(text("/files/a.png"))})},
			{"a script for a picture", "avatar_url_invalid", manager(chat.ManagerChanges{AvatarURL: chat.To(text("javascript:alert(1)"))})},
			{"another host's picture", "avatar_url_invalid", manager(chat.ManagerChanges{AvatarURL: chat.To(text("//evil.example/a.png"))})},
			{"in disguise", "avatar_url_invalid", manager(chat.ManagerChanges{AvatarURL: chat.To(text(`/\evil.example/a.png`))})},
			{"without TLS", "avatar_url_invalid", manager(chat.ManagerChanges{AvatarURL: chat.To(text("http://example.com/a.png"))})},
			{"the server's zone", "time_zone_invalid", manager(chat.ManagerChanges{TimeZone: chat.To("Local")})},
			{"no zone", "time_zone_invalid", manager(chat.ManagerChanges{TimeZone: chat.To("Mars/Olympus")})},
			{"a path", "time_zone_invalid", manager(chat.ManagerChanges{TimeZone: chat.To("../../etc/passwd")})},
			{"the organisation's", "", manager(chat.ManagerChanges{TimeZone: chat.To("")})},
			{"less than nothing", "max_conversations_invalid", manager(chat.ManagerChanges{MaxConversations: chat.To(number(-1))})},
			{"too much", "max_conversations_invalid", manager(chat.ManagerChanges{MaxConversations: chat.To(number(1001))})},

			{"no zone at all", "time_zone_invalid", organization(chat.OrganizationChanges{TimeZone: chat.To("")})},
			{"a strategy", "strategy_invalid", organization(chat.OrganizationChanges{Strategy: chat.To(models.Strategy("dice"))})},
			{"a novel", "greeting_invalid", organization(chat.OrganizationChanges{Greeting: chat.To(strings.Repeat("x", 1001))})},
			{"NUL", "offline_message_invalid", organization(chat.OrganizationChanges{OfflineMessage: chat.To("\xff")})},
			{"no time to answer", "answer_within_ms_invalid", organization(chat.OrganizationChanges{AnswerWithinMS: chat.To(long(5))})},
			{"no limit", "", organization(chat.OrganizationChanges{AnswerWithinMS: chat.To(long(0)), MaxConversations: chat.To(number(0))})},
			{"any origin", "allowed_origins_invalid", organization(chat.OrganizationChanges{AllowedOrigins: chat.To([]string{"*"})})},
			{"a path in an origin", "allowed_origins_invalid", organization(chat.OrganizationChanges{AllowedOrigins: chat.To([]string{"https://a.example/x"})})},
			{"origins", "", organization(chat.OrganizationChanges{AllowedOrigins: chat.To([]string{"https://A.example/", "http://localhost:8080", "https://a.example"})})},

			{"no weekday", "shift_invalid", week(chat.Hours{Weekday: 7, From: "09:00", To: "18:00"})},
			{"no time", "shift_invalid", week(chat.Hours{From: "9:00", To: "18:00"})},
			{"nothing", "shift_invalid", week(chat.Hours{From: "09:00", To: "09:00"})},
			{"past midnight", "shift_invalid", week(chat.Hours{From: "09:00", To: "24:01"})},
			{"from the day's end", "shift_invalid", week(chat.Hours{From: "24:00", To: "09:00"})},
			{"at the same time", "shifts_overlap", week(chat.Hours{From: "09:00", To: "18:00"}, chat.Hours{From: "17:59", To: "19:00"})},
			{"over midnight", "shifts_overlap", week(chat.Hours{From: "22:00", To: "06:00"}, chat.Hours{Weekday: 1, From: "05:00", To: "07:00"})},
			{"over the week's end", "shifts_overlap", week(chat.Hours{Weekday: 6, From: "22:00", To: "06:00"}, chat.Hours{From: "05:00", To: "07:00"})},
			{"too many", "shifts_too_many", week(make([]chat.Hours, 51)...)},
			{"one after the other", "", week(chat.Hours{From: "22:00", To: "06:00"}, chat.Hours{Weekday: 1, From: "06:00", To: "07:00"},
				chat.Hours{Weekday: 2, From: "00:00", To: "00:00"}, chat.Hours{Weekday: 6, From: "18:00", To: "24:00"})},
			{"none", "", week()},

			{"a leave that ends first", "leave_invalid", leave(chat.Absence{StartsAt: 20, EndsAt: 10})},
			{"no dates", "leave_invalid", leave(chat.Absence{FromDay: "2026-12-24", ToDay: "soon"})},
			{"half a leave", "leave_invalid", leave(chat.Absence{FromDay: "2026-12-24"})},
			{"for ever", "leave_invalid", leave(chat.Absence{FromDay: "2026-12-24", ToDay: "2036-12-24"})},
			{"a long reason", "reason_invalid", leave(chat.Absence{FromDay: "2026-12-24", ToDay: "2026-12-24", Reason: strings.Repeat("x", 201)})},
			{"no day", "day_invalid", holiday("2026-02-30", "")},
			{"a day", "", holiday("2026-12-25", "Christmas")},
			{"again", "holiday_exists", holiday("2026-12-25", "")},
			{"two lines", "name_invalid", holiday("2026-12-26", "a\nb")},
			{"no such leave", "leave_not_found", w.service.RemoveAbsence(ctx, as(people.admin), people.target.ID, 999)},
			{"no such holiday", "holiday_not_found", w.service.RemoveHoliday(ctx, as(people.admin), 999)},
		} {
			if row.code == "" && row.err != nil {
				t.Errorf("%s: %v", row.what, row.err)
			} else if row.code != "" && !strings.HasPrefix(errorText(row.err), row.code+":") {
				t.Errorf("%s: %v, want %s", row.what, row.err, row.code)
			}
		}
		o, err := w.service.OwnOrganization(ctx, as(people.admin))
		if want := []string{"https://a.example", "http://localhost:8080"}; err != nil || !slices.Equal(o.AllowedOrigins.List(), want) {
			t.Errorf("%v, %v, want %v", o.AllowedOrigins, err, want)
		}
	})
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestSchedulesInTheirZone: days of leave are her days, and shifts come back as they were written.
func TestSchedulesInTheirZone(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		people := w.team()
		admin, id := as(people.admin), people.target.ID
		week, err := w.service.SetWeek(ctx, admin, id, []chat.Hours{
			{Weekday: 6, From: "10:00", To: "00:00"}, {Weekday: 1, From: "22:00", To: "06:30"}, {Weekday: 1, From: "09:00", To: "18:00"},
		}, chat.To("Asia/Kolkata"))
		want := []chat.Hours{{Weekday: 1, From: "09:00", To: "18:00"}, {Weekday: 1, From: "22:00", To: "06:30"}, {Weekday: 6, From: "10:00", To: "24:00"}}
		if err != nil || !slices.Equal(week.Shifts, want) || week.TimeZone != "Asia/Kolkata" || week.ManagerID != id {
			t.Errorf("%+v, %v", week, err)
		}
		l, err := w.service.AddAbsence(ctx, admin, id, chat.Absence{FromDay: "2026-12-24", ToDay: "2026-12-26", Reason: "the sea"})
		if err != nil || l.StartsAt.String() != "2026-12-23T18:30:00.000Z" || l.EndsAt.String() != "2026-12-26T18:30:00.000Z" {
			t.Errorf("%+v, %v", l, err)
		}
		for _, row := range []struct {
			who    chat.Principal
			reason string
		}{{as(people.target), "the sea"}, {as(people.supervisor), "the sea"}, {as(people.manager), ""}} {
			if all, err := w.service.Absences(ctx, row.who, id); err != nil || len(all) != 1 || all[0].Reason != row.reason {
				t.Errorf("%s: %+v, %v", row.who, all, err)
			}
		}
		week, err = w.service.SetWeek(ctx, admin, id, nil, chat.To(""))
		if err != nil || week.TimeZone != "UTC" || len(week.Shifts) != 0 || week.Shifts == nil {
			t.Errorf("%+v, %v", week, err)
		}
	})
}

func TestLastAdminStays(t *testing.T) {
	eachDatabase(t, chat.Rules{}, func(t *testing.T, w *world) {
		people := w.team()
		demote := chat.ManagerChanges{Role: chat.To(models.RoleSupervisor)}
		_, err := w.service.ChangeColleague(ctx, people.backend, people.admin.ID, demote)
		wantCode(t, err, "last_admin")
		wantCode(t, w.service.Dismiss(ctx, as(people.admin), people.admin.ID), "last_admin")
		if _, err := w.service.ChangeColleague(ctx, as(people.admin), people.admin.ID, chat.ManagerChanges{Role: chat.To(models.RoleAdmin)}); err != nil {
			t.Errorf("the role that she has: %v", err)
		}
		// Two admins who dismiss each other at once: one stays.
		if _, err := w.service.ChangeColleague(ctx, as(people.admin), people.target.ID, chat.ManagerChanges{Role: chat.To(models.RoleAdmin)}); err != nil {
			t.Fatal(err)
		}
		other := people.target
		other.Role = models.RoleAdmin
		done := make(chan error, 2)
		go func() { done <- w.service.Dismiss(ctx, as(people.admin), other.ID) }()
		go func() { done <- w.service.Dismiss(ctx, as(other), people.admin.ID) }()
		if first, second := <-done, <-done; (first == nil) == (second == nil) {
			t.Errorf("%v, %v: want one refusal", first, second)
		}
		// The operator may do it all the same.
		if err := chat.NewAdmin(w).DeleteManager(ctx, people.foreign.ID); err != nil {
			t.Error(err)
		}
	})
}
