-- Machines that registered themselves and that nobody has approved of: registrations have a bound, which is asked for each.
-- oldest: 3
CREATE INDEX machine_admission ON machine ((document -> 'Boot' ->> 'Admission'))
    WHERE document -> 'Boot' ->> 'Admission' IN ('open', 'pending');

CREATE VIEW machine_unapproved AS
SELECT uuid FROM machine WHERE document -> 'Boot' ->> 'Admission' IN ('open', 'pending');
