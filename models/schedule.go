package models

// Shift is when a manager works, every week. A manager without shifts works whenever she listens.
type Shift struct {
	ID        int64 `json:"id" gorm:"primaryKey"`
	ManagerID int64 `json:"manager_id"`
	// Weekday counts from Sunday, 0.
	Weekday int `json:"weekday"`
	// Starts and Ends are minutes of the clock on the wall, from midnight. An end that is not after the start
	// lies on the next day.
	Starts int `json:"starts"`
	Ends   int `json:"ends"`
}

// Holiday is a day on which nobody of the organisation works.
type Holiday struct {
	ID             int64 `json:"id" gorm:"primaryKey"`
	OrganizationID int64 `json:"organization_id"`
	// Day is a date, as in "2026-12-25".
	Day  string `json:"day"`
	Name string `json:"name"`
}

// Leave is when a manager is away, whatever her shifts say.
type Leave struct {
	ID        int64  `json:"id" gorm:"primaryKey"`
	ManagerID int64  `json:"manager_id"`
	StartsAt  Time   `json:"starts_at"`
	EndsAt    Time   `json:"ends_at"`
	Reason    string `json:"reason"`
}
