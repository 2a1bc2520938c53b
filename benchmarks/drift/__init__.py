"""What drift monitoring costs: time and memory beside libraries, and beside what reading the data alone costs."""
