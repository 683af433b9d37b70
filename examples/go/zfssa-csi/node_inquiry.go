// INQUIRY of a LUN, past what the kernel has learnt of it.

package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// inquiryTimeout is how long the kernel waits for the answer of a LUN.
const inquiryTimeout = 30 * time.Second

// pageLength is the room for a page. Identities take some hundred bytes; more is cut off.
const pageLength = 4096

// sgHeader is struct sg_io_hdr of scsi/sg.h.
type sgHeader struct {
	interfaceID   int32
	direction     int32
	commandLength uint8
	senseLength   uint8
	iovecCount    uint16
	dataLength    uint32
	data          *byte
	command       *byte
	sense         *byte
	timeout       uint32 // milliseconds
	flags         uint32
	packID        int32
	user          uintptr
	status        uint8
	maskedStatus  uint8
	messageStatus uint8
	senseWritten  uint8
	hostStatus    uint16
	driverStatus  uint16
	residual      int32
	duration      uint32
	information   uint32
}

const (
	sgIO         = 0x2285
	sgFromDevice = -3
)

// inquire asks the LUN of a block device for a VPD page.
func (linux) inquire(ctx context.Context, path string, page byte) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return bounded(ctx, func() ([]byte, error) {
		defer file.Close()
		data, sense := make([]byte, pageLength), make([]byte, 32)
		const vitalProductData = 1
		command := []byte{0x12, vitalProductData, page, pageLength >> 8, pageLength & 0xff, 0}
		header := &sgHeader{interfaceID: 'S', direction: sgFromDevice, commandLength: uint8(len(command)),
			senseLength: uint8(len(sense)), dataLength: uint32(len(data)), data: &data[0], command: &command[0],
			sense: &sense[0], timeout: uint32(inquiryTimeout.Milliseconds())}
		// The kernel reads and writes the buffers by the addresses in the header.
		var pinned runtime.Pinner
		defer pinned.Unpin()
		pinned.Pin(header.data)
		pinned.Pin(header.command)
		pinned.Pin(header.sense)
		if _, _, failure := unix.Syscall(unix.SYS_IOCTL, file.Fd(), sgIO, uintptr(unsafe.Pointer(header))); failure != 0 {
			return nil, fmt.Errorf("%s: SG_IO: %w", path, failure)
		}
		if header.status != 0 || header.hostStatus != 0 || header.driverStatus != 0 {
			return nil, fmt.Errorf("%s: INQUIRY of page %#x: SCSI status %#x, host %#x, driver %#x, sense % x",
				path, page, header.status, header.hostStatus, header.driverStatus, sense[:header.senseWritten])
		}
		return data[:len(data)-int(header.residual)], nil
	})
}
