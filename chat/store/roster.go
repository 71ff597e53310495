package store

import "parley/models"

func (r reader) ShiftsOf(managerID int64) ([]models.Shift, error) {
	return all[models.Shift](r.db.Where("manager_id = ?", managerID).Order("weekday, starts, id"))
}

func (r reader) LeavesOf(managerID int64) ([]models.Leave, error) {
	return all[models.Leave](r.db.Where("manager_id = ?", managerID).Order("starts_at, id"))
}

func (r reader) Holidays(organizationID int64) ([]models.Holiday, error) {
	return all[models.Holiday](r.db.Where("organization_id = ?", organizationID).Order("day"))
}

func (w writer) ReplaceShifts(managerID int64, shifts []models.Shift) error {
	if err := w.db.Where("manager_id = ?", managerID).Delete(&models.Shift{}).Error; err != nil || len(shifts) == 0 {
		return err
	}
	return w.db.Create(&shifts).Error
}

func (w writer) CreateLeave(l *models.Leave) error { return w.db.Create(l).Error }

func (w writer) DeleteLeave(managerID, id int64) (bool, error) {
	result := w.db.Where("id = ? AND manager_id = ?", id, managerID).Delete(&models.Leave{})
	return result.RowsAffected == 1, result.Error
}

func (w writer) CreateHoliday(h *models.Holiday) error { return w.db.Create(h).Error }

func (w writer) DeleteHoliday(organizationID, id int64) (bool, error) {
	result := w.db.Where("id = ? AND organization_id = ?", id, organizationID).Delete(&models.Holiday{})
	return result.RowsAffected == 1, result.Error
}
