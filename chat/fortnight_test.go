package chat_test

import (
	"cmp"
	"container/heap"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"parley/chat"
	"parley/chat/chattest"
	"parley/chat/store"
	"parley/models"
)

var wholeFortnight = flag.Bool("fortnight", false, "simulate the whole fortnight: 40 managers and 20,000 visitors")

// TestFortnight lets a support team work through the change to summer time: managers with shifts in three zones,
// limits, leave, a holiday, lines that break; visitors who come at random, wait, lose patience, leave messages. Then
// it goes through everything that was noted and checks it, without asking the code that decided.
func TestFortnight(t *testing.T) {
	chattest.Slow(t)
	work := plan{managers: 10, visitors: 100, days: 1, rounds: 10 * time.Minute}
	if *wholeFortnight {
		work = plan{managers: 40, visitors: 20_000, days: 14, rounds: time.Minute}
	}
	if memory, err := os.Stat("/dev/shm"); err == nil && memory.IsDir() { // no disk: nothing here asks for durability
		t.Setenv("TMPDIR", "/dev/shm")
	}
	synctest.Test(t, func(t *testing.T) { newSimulation(t, work).run() })
}

type plan struct {
	managers, visitors, days int
	rounds                   time.Duration // between looks at what waits
}

// simulation is a world whose time is an agenda.
type simulation struct {
	*world
	plan    plan
	random  *rand.Rand
	begin   time.Time
	end     time.Time
	agenda  agenda
	agents  map[int64]*agent
	crew    []*agent
	crowd   []*guest
	guests  map[string]*guest
	byID    map[int64]*guest // by conversation
	holiday string
	shut    func() error
}

// agent is a manager as the simulation knows her.
type agent struct {
	models.Manager
	zone   *time.Location
	limit  int
	shifts []models.Shift
	leaves []models.Leave
	live   bool
}

// guest is a visitor and what became of her.
type guest struct {
	id           string
	conversation int64
	manager      int64 // who has it, as was last published
	state        models.State
	told         bool // that nobody is there
	left         bool // a message
	gaveUp       bool
	answered     bool
}

type entry struct {
	at time.Time
	n  int
	do func()
}

type agenda []entry

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return a[i].at.Before(a[j].at) || a[i].at.Equal(a[j].at) && a[i].n < a[j].n
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(entry)) }
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

var entries int

func (s *simulation) schedule(at time.Time, do func()) {
	entries++
	heap.Push(&s.agenda, entry{at, entries, do})
}

func (s *simulation) after(d time.Duration, do func()) { s.schedule(time.Now().Add(d), do) }

// exponential draws a duration with a mean.
func (s *simulation) exponential(mean time.Duration) time.Duration {
	return time.Duration(s.random.ExpFloat64() * float64(mean))
}

func newSimulation(t *testing.T, p plan) *simulation {
	berlin := chat.Zone("Europe/Berlin")
	s := &simulation{
		plan: p, random: rand.New(rand.NewPCG(1, 2)), agents: map[int64]*agent{}, guests: map[string]*guest{}, byID: map[int64]*guest{},
		begin: time.Date(2000, 3, 26-p.days/2, 0, 0, 0, 0, berlin), // the clocks change on the 26th
	}
	s.end = s.begin.AddDate(0, 0, p.days)
	time.Sleep(time.Until(s.begin))
	db, err := store.Open(ctx, sqlite(t), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.shut = db.Close
	if err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	s.world = &world{Fixture: chattest.NewFixture(t, db), t: t, gate: chat.NewGate(db, nil, chat.Rules{})}
	s.service = chat.New(db, s.gate, chat.Config{AnswerWithin: 2 * time.Minute, IdleCloseAfter: 12 * time.Hour, Logger: slog.New(slog.DiscardHandler)})
	s.presence = chat.NewPresence(db, "node", slog.New(slog.DiscardHandler))
	s.presence.Notify(s.service.Stir)
	s.staff()
	return s
}

// staff hires the managers: a third for the day, a third for the evening, some for the night and the weekend.
func (s *simulation) staff() {
	o := models.Organization{
		UUID: "00000000-0000-4000-9000-00000000000a", Name: "Support", SiteKey: "support", TimeZone: "Europe/Berlin",
		Strategy: models.LeastLoaded, CreatedAt: 1,
	}
	s.must(s.Update(ctx, func(tx chat.Tx) error { o.ID = 0; return tx.CreateOrganization(&o) }))
	s.Org = o
	if s.plan.days > 7 {
		s.holiday = s.begin.AddDate(0, 0, 5).Format(time.DateOnly)
		s.must(s.Update(ctx, func(tx chat.Tx) error {
			return tx.CreateHoliday(&models.Holiday{OrganizationID: o.ID, Day: s.holiday, Name: "Spring"})
		}))
	}
	zones := []string{"", "", "Europe/Moscow", "America/New_York"}
	hours := [][2]int{{8, 16}, {14, 22}, {9, 18}, {22, 6}, {6, 14}}
	for n := range s.plan.managers {
		limit := 2 + n%4
		zone := zones[n%len(zones)]
		m := models.Manager{
			UUID: fmt.Sprintf("00000000-0000-4000-a000-%012d", n), OrganizationID: o.ID, Name: fmt.Sprint("M", n), Email: fmt.Sprintf("m%d@example.com", n),
			PasswordHash: "x", Role: models.RoleManager, DutyState: models.DutyAuto, TimeZone: zone, MaxConversations: &limit, CreatedAt: 1,
		}
		a := &agent{limit: limit, zone: chat.Zone(cmp.Or(zone, o.TimeZone))}
		shift := hours[n%len(hours)]
		for day := range 7 {
			weekend := day == 0 || day == 6
			if !weekend || n%3 == 0 {
				a.shifts = append(a.shifts, models.Shift{Weekday: day, Starts: shift[0] * 60, Ends: shift[1] * 60})
			}
		}
		if n%7 == 3 {
			from := s.begin.AddDate(0, 0, s.random.IntN(s.plan.days))
			a.leaves = []models.Leave{{StartsAt: models.At(from), EndsAt: models.At(from.AddDate(0, 0, 2))}}
		}
		s.must(s.Update(ctx, func(tx chat.Tx) error {
			m.ID = 0
			if err := tx.CreateManager(&m); err != nil {
				return err
			}
			for i := range a.leaves {
				a.leaves[i].ID, a.leaves[i].ManagerID = 0, m.ID
				if err := tx.CreateLeave(&a.leaves[i]); err != nil {
					return err
				}
			}
			for i := range a.shifts {
				a.shifts[i].ManagerID = m.ID
			}
			return tx.ReplaceShifts(m.ID, a.shifts)
		}))
		a.Manager = m
		s.agents[m.ID] = a
		s.crew = append(s.crew, a)
	}
}

func (s *simulation) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// works tells by the calendar whether a manager should be there: each shift of each day as two moments.
func (s *simulation) works(a *agent, at time.Time) bool {
	if at.In(chat.Zone(s.Org.TimeZone)).Format(time.DateOnly) == s.holiday {
		return false
	}
	for _, l := range a.leaves {
		if moment := models.At(at); l.StartsAt <= moment && moment < l.EndsAt {
			return false
		}
	}
	return slices.ContainsFunc(s.shiftsAround(a, at), func(span [2]time.Time) bool {
		return !at.Before(span[0]) && at.Before(span[1])
	})
}

func (s *simulation) shiftsAround(a *agent, at time.Time) (spans [][2]time.Time) {
	local := at.In(a.zone)
	for days := -1; days <= 1; days++ {
		day := time.Date(local.Year(), local.Month(), local.Day()+days, 12, 0, 0, 0, a.zone)
		for _, shift := range a.shifts {
			if int(day.Weekday()) != shift.Weekday {
				continue
			}
			end := shift.Ends
			if end <= shift.Starts {
				end += 24 * 60
			}
			clock := func(minutes int) time.Time {
				return time.Date(day.Year(), day.Month(), day.Day(), 0, minutes, 0, 0, a.zone)
			}
			spans = append(spans, [2]time.Time{clock(shift.Starts), clock(end)})
		}
	}
	return spans
}

func (s *simulation) run() {
	for _, a := range s.crew {
		s.attend(a)
	}
	s.arrivals()
	began := models.At(s.begin)
	for at := s.begin; at.Before(s.end.Add(36 * time.Hour)); at = at.Add(s.plan.rounds) {
		s.schedule(at, func() { s.must(s.service.Care(ctx, began)) })
	}
	for len(s.agenda) > 0 {
		next := heap.Pop(&s.agenda).(entry)
		time.Sleep(time.Until(next.at))
		next.do()
		s.must(s.service.Stirred(ctx))
		s.listen()
	}
	s.verify()
	s.must(s.shut())
}

// attend has a manager come and go by her shifts, late or early, with lines that break.
func (s *simulation) attend(a *agent) {
	for at := s.begin.AddDate(0, 0, -1); at.Before(s.end.AddDate(0, 0, 2)); at = at.AddDate(0, 0, 1) {
		for _, span := range s.shiftsAround(a, at)[:] {
			if span[0].In(a.zone).YearDay() != at.In(a.zone).YearDay() || span[1].Before(s.begin) {
				continue
			}
			come := later(span[0].Add(time.Duration(s.random.IntN(600)-120)*time.Second), s.begin)
			s.schedule(come, func() { s.come(a) })
			s.schedule(span[1].Add(30*time.Minute), func() { s.goAway(a) })
			if s.random.Float64() < 0.3 {
				lost := later(span[0], s.begin).Add(time.Duration(s.random.Int64N(int64(span[1].Sub(span[0])))))
				s.schedule(lost, func() { s.goAway(a) })
				s.schedule(lost.Add(s.exponential(10*time.Minute)), func() {
					if s.works(a, time.Now()) {
						s.come(a)
					}
				})
			}
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func (s *simulation) come(a *agent) {
	if a.live {
		return
	}
	a.live = true
	s.presence.Subscribed(ctx, "session-"+a.Name, as(a.Manager), "/service/*")
	for _, g := range s.crowd { // what she had
		if g.manager == a.ID && g.state == models.StateAssigned {
			s.work(a, g)
		}
	}
}

func (s *simulation) goAway(a *agent) {
	if a.live {
		a.live = false
		s.presence.Unsubscribed(ctx, "session-"+a.Name, as(a.Manager), "/service/*")
	}
}

// arrivals spreads the visitors over the days: few at night, many at noon, a rush on the third day.
func (s *simulation) arrivals() {
	weight := func(at time.Time) float64 {
		w := 0.15 + math.Max(0, math.Sin((float64(at.Hour())-6)/16*math.Pi))
		if day := at.Weekday(); day == time.Saturday || day == time.Sunday {
			w *= 0.4
		}
		if at.Sub(s.begin) > 58*time.Hour && at.Sub(s.begin) < 59*time.Hour {
			w *= 6
		}
		return w
	}
	var total float64
	var hours []time.Time
	for at := s.begin; at.Before(s.end); at = at.Add(time.Hour) {
		hours = append(hours, at)
		total += weight(at)
	}
	n := 0
	for _, hour := range hours {
		gap := time.Duration(float64(time.Hour) * total / weight(hour) / float64(s.plan.visitors))
		for at := hour.Add(s.exponential(gap)); at.Before(hour.Add(time.Hour)) && n < s.plan.visitors; at = at.Add(s.exponential(gap)) {
			n++
			g := &guest{id: fmt.Sprint("v", n)}
			s.guests[g.id] = g
			s.crowd = append(s.crowd, g)
			s.schedule(at, func() { s.visit(g) })
		}
	}
	s.plan.visitors = n
}

func (s *simulation) visit(g *guest) {
	ev, _, err := s.service.Open(ctx, stranger, chat.OpenRequest{VisitorID: g.id, SiteKey: "support"})
	if err != nil {
		wantCode(s.t, err, "chat_offline_message")
		g.told = true
		if s.random.Float64() < 0.6 {
			s.leaveMessage(g)
		}
		return
	}
	s.learn(g, ev.Conversation)
	s.post(stranger, g.conversation, "Hello")
	s.after(s.exponential(6*time.Minute), func() {
		if g.state != models.StateWaiting || g.left {
			return
		}
		g.gaveUp = true
		s.do(s.service.Close(ctx, stranger, chat.Sender{}, g.conversation))
	})
}

func (s *simulation) leaveMessage(g *guest) {
	ev, _, err := s.service.Leave(ctx, stranger, chat.LeaveRequest{VisitorID: g.id, SiteKey: "support", Email: g.id + "@example.com", Content: "Please write"})
	g.left = true
	s.learn(g, s.world.do(ev, err))
}

// listen hears what was published, as the dashboards do.
func (s *simulation) listen() {
	for {
		events, err := s.Pending(ctx, nil, 500)
		s.must(err)
		if len(events) == 0 {
			return
		}
		var ids []int64
		for _, e := range events {
			ids = append(ids, e.ID)
			if e.Kind != models.EventConversation {
				continue
			}
			var ev chat.Event
			s.must(json.Unmarshal([]byte(e.Payload), &ev))
			if g := s.guests[ev.Conversation.VisitorID]; g != nil {
				s.learn(g, ev.Conversation)
			}
		}
		s.must(s.Relayed(ctx, ids, models.At(time.Now())))
	}
}

func (s *simulation) learn(g *guest, c *chat.ConversationView) {
	before := g.manager
	g.conversation, g.state, g.manager = c.ID, c.State, 0
	s.byID[c.ID] = g
	if c.ManagerID != nil {
		g.manager = *c.ManagerID
	}
	if c.State == models.StateWaiting && c.Queue.Unattended && !g.left {
		s.after(time.Minute, func() {
			if g.state == models.StateWaiting && !g.left {
				s.leaveMessage(g)
			}
		})
	}
	if c.State == models.StateAssigned && g.manager != before {
		s.work(s.agents[g.manager], g)
	}
}

// work has a manager answer, mostly, and come to an end after a while.
func (s *simulation) work(a *agent, g *guest) {
	if s.random.Float64() < 0.04 {
		return // she does not see it
	}
	has := func() bool { return a.live && g.manager == a.ID && g.state == models.StateAssigned }
	s.after(time.Duration(5+s.random.IntN(75))*time.Second, func() {
		if !has() {
			return
		}
		s.post(as(a.Manager), g.conversation, "Good day")
		g.answered = true
		s.after(s.exponential(7*time.Minute), func() {
			if has() {
				s.do(s.service.Close(ctx, as(a.Manager), chat.Sender{}, g.conversation))
			}
		})
	})
}

// verify goes through all that was noted.
func (s *simulation) verify() {
	var all []models.Transition
	for id := range s.byID {
		steps, err := s.View(ctx).Transitions(id, 1000)
		s.must(err)
		all = append(all, steps...)
	}
	slices.SortFunc(all, func(a, b models.Transition) int { return cmp.Compare(a.ID, b.ID) })
	v := &verifier{simulation: s, open: map[int64]int{}, waiting: map[int64]models.Time{}, tried: map[int64]bool{}, got: map[int64]float64{}, fair: map[int64]float64{}}
	for _, t := range all {
		v.check(t)
	}
	v.outcomes()
	v.table()
}

// verifier replays the transitions in the order in which they were committed.
type verifier struct {
	*simulation
	open    map[int64]int         // conversations by manager
	waiting map[int64]models.Time // conversations in the queue, since when
	tried   map[int64]bool        // conversations that somebody let pass
	got     map[int64]float64     // conversations that duty gave, by manager
	fair    map[int64]float64     // what an even share of them would have been
	rules   map[chat.Rule]int
	actions map[models.Action]int
	longest int
}

func (v *verifier) check(t models.Transition) {
	if v.actions == nil {
		v.actions, v.rules = map[models.Action]int{}, map[chat.Rule]int{}
	}
	v.actions[t.Action]++
	byDuty := t.ActorType == "system" && t.Action != models.ActionIdleClosed || t.Action == models.ActionOpened || t.Action == models.ActionLeft
	if byDuty {
		v.checkDecision(t)
	}
	if t.FromState == models.StateAssigned && t.FromManagerID != nil && (t.ManagerID == nil || *t.ManagerID != *t.FromManagerID || t.ToState == models.StateClosed) {
		v.open[*t.FromManagerID]--
	}
	if t.Action == models.ActionAssigned {
		v.checkTurn(t)
	}
	delete(v.waiting, t.ConversationID)
	switch {
	case t.ToState == models.StateWaiting:
		v.waiting[t.ConversationID] = t.CreatedAt
		v.tried[t.ConversationID] = v.tried[t.ConversationID] || t.Action == models.ActionUnanswered || t.Action == models.ActionReassigned
		v.longest = max(v.longest, len(v.waiting))
	case t.ToState == models.StateAssigned && (t.FromManagerID == nil || *t.FromManagerID != *t.ManagerID):
		v.open[*t.ManagerID]++
		a := v.agents[*t.ManagerID]
		if v.open[a.ID] > a.limit {
			v.t.Errorf("%s has %d open, takes %d: %+v", a.Name, v.open[a.ID], a.limit, t)
		}
		if byDuty && !v.works(a, t.CreatedAt.Time()) {
			v.t.Errorf("%s does not work at %v: %+v", a.Name, t.CreatedAt.Time().In(a.zone), t)
		}
	}
}

// checkDecision wants every choice explained, and notes what an even share of it would be.
func (v *verifier) checkDecision(t models.Transition) {
	if t.Decision == nil {
		v.t.Errorf("not explained: %+v", t)
		return
	}
	var d chat.Decision
	v.must(json.Unmarshal([]byte(*t.Decision), &d))
	v.rules[d.Rule]++
	if d.Rule == "" || len(d.Considered) != v.plan.managers || (d.Outcome == chat.Given) != (t.ManagerID != nil) {
		v.t.Errorf("%+v: %+v", t, d)
	}
	eligible := 0
	for _, c := range d.Considered {
		if c.Verdict == chat.Eligible {
			eligible++
		}
	}
	if t.ManagerID == nil || d.ManagerID != *t.ManagerID {
		return
	}
	v.got[d.ManagerID]++
	for _, c := range d.Considered {
		if c.Verdict == chat.Eligible {
			v.fair[c.ManagerID] += 1 / float64(eligible)
		}
	}
}

// checkTurn wants nobody in the queue to have waited longer than who is given to a manager, but for those whom
// that manager let pass.
func (v *verifier) checkTurn(t models.Transition) {
	since, ok := v.waiting[t.ConversationID]
	if !ok {
		v.t.Errorf("assigned, but did not wait: %+v", t)
	}
	if v.tried[t.ConversationID] {
		return
	}
	for id, other := range v.waiting {
		if other < since && !v.tried[id] {
			v.t.Errorf("conversation %d waits since %v, %d since %v was given away", id, other, t.ConversationID, since)
		}
	}
}

// outcomes wants every visitor to have had one.
func (v *verifier) outcomes() {
	counts := map[string]int{}
	for _, g := range v.guests {
		outcome := "none"
		switch {
		case g.answered:
			outcome = "answered"
		case g.gaveUp:
			outcome = "lost patience in the queue"
		case g.told && !g.left:
			outcome = "was told that nobody is there"
		}
		if g.conversation != 0 && v.state(g.conversation).Status != models.StatusClosed {
			outcome = "none"
		}
		if outcome == "none" {
			v.t.Errorf("%+v: %v", g, v.steps(g.conversation))
		}
		counts[outcome]++
	}
	v.t.Logf("%d visitors: %v; longest queue %d; steps %v; rules %v", len(v.guests), counts, v.longest, v.actions, v.rules)
}

// table prints what each manager was given, and wants it to be even among those who could have been.
func (v *verifier) table() {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%-5s %5s %7s %7s %6s", "", "limit", "given", "even", "ratio")
	low, high := 1.0, 1.0
	for _, a := range v.crew {
		ratio := v.got[a.ID] / v.fair[a.ID]
		fmt.Fprintf(&b, "\n%-5s %5d %7.0f %7.1f %6.2f", a.Name, a.limit, v.got[a.ID], v.fair[a.ID], ratio)
		if v.fair[a.ID] >= 50 {
			low, high = min(low, ratio), max(high, ratio)
		}
	}
	v.t.Logf("%s\nof those with an even share of 50 or more: %.2f to %.2f", b.String(), low, high)
	if low < 1/1.3 || high > 1.3 {
		v.t.Errorf("not even: %.2f to %.2f", low, high)
	}
}
