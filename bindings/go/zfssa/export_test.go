package zfssa

// InFlight is how many operations the driver waits for.
func (d *Driver) InFlight() int {
	d.queue.mu.Lock()
	defer d.queue.mu.Unlock()
	return len(d.queue.waiting)
}
