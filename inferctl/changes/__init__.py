"""What two commits deploy differently, judged: from synthesized templates alone, no AWS call."""
