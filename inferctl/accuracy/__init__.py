"""How well detections agree with annotations, and a candidate's with a reference's."""
