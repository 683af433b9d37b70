package zfssa

// InFlight returns the number of pending operations of the driver.
func (d *Driver) InFlight() int {
	d.queue.mu.Lock()
	defer d.queue.mu.Unlock()
	return len(d.queue.waiting)
}
