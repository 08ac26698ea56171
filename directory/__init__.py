"""Places, geography, permanences, bus stops, openings and bookings."""
