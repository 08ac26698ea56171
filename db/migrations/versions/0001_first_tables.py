"""The first tables: people and messages, cases, jobs, the directory, the desk.

Revision: 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('contact',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('referral', sa.String(length=64), nullable=True),
    sa.Column('referred_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('informed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact'))
    )
    op.create_table('desk_submission',
    sa.Column('token', sa.String(length=64), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('token', name=op.f('pk_desk_submission'))
    )
    with op.batch_alter_table('desk_submission', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_desk_submission_created_at'), ['created_at'], unique=False)

    op.create_table('job',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('key', sa.String(length=96), nullable=False),
    sa.Column('lane', sa.Integer(), nullable=False),
    sa.Column('order_key', sa.String(length=64), nullable=True),
    sa.Column('sender', sa.String(length=64), nullable=True),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('give_up_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('lease', sa.String(length=32), nullable=True),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.String(length=16), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job')),
    sa.UniqueConstraint('key', name=op.f('uq_job_key'))
    )
    with op.batch_alter_table('job', schema=None) as batch_op:
        batch_op.create_index('ix_job_open', ['due_at', 'lane', 'id'], unique=False, sqlite_where=sa.text('done_at IS NULL'), postgresql_where=sa.text('done_at IS NULL'))
        batch_op.create_index('ix_job_order', ['order_key', 'id'], unique=False, sqlite_where=sa.text('done_at IS NULL'), postgresql_where=sa.text('done_at IS NULL'))

    op.create_table('lead',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('telegram_group', sa.String(length=64), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lead')),
    sa.UniqueConstraint('code', name=op.f('uq_lead_code'))
    )
    op.create_table('place',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('operator', sa.Text(), nullable=True),
    sa.Column('address', sa.Text(), nullable=True),
    sa.Column('postcode', sa.String(length=5), nullable=True),
    sa.Column('insee_code', sa.String(length=5), nullable=False),
    sa.Column('lat', sa.Double(), nullable=False),
    sa.Column('lon', sa.Double(), nullable=False),
    sa.Column('precision', sa.String(length=10), nullable=False),
    sa.Column('timezone', sa.String(length=32), nullable=False),
    sa.Column('phone', sa.String(length=16), nullable=True),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('url', sa.Text(), nullable=True),
    sa.Column('hours_note', sa.Text(), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('source_name', sa.Text(), nullable=True),
    sa.Column('source_url', sa.Text(), nullable=True),
    sa.Column('source_date', sa.String(length=10), nullable=True),
    sa.Column('source_on', sa.Date(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_place')),
    sa.UniqueConstraint('code', name=op.f('uq_place_code'))
    )
    with op.batch_alter_table('place', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_place_insee_code'), ['insee_code'], unique=False)
        batch_op.create_index('ix_place_lat_lon', ['lat', 'lon'], unique=False)

    op.create_table('sender',
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('free_at', sa.Double(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_sender'))
    )
    op.create_table('qpv',
    sa.Column('code', sa.String(length=8), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('insee_code', sa.String(length=5), nullable=False),
    sa.Column('geometry', sa.JSON(), nullable=False),
    sa.Column('south', sa.Double(), nullable=False),
    sa.Column('north', sa.Double(), nullable=False),
    sa.Column('west', sa.Double(), nullable=False),
    sa.Column('east', sa.Double(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_qpv'))
    )
    with op.batch_alter_table('qpv', schema=None) as batch_op:
        batch_op.create_index('ix_qpv_box', ['south', 'north', 'west', 'east'], unique=False)
        batch_op.create_index(batch_op.f('ix_qpv_insee_code'), ['insee_code'], unique=False)

    op.create_table('absence',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('lead_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['lead_id'], ['lead.id'], name=op.f('fk_absence_lead_id_lead')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_absence')),
    sa.UniqueConstraint('lead_id', 'starts_on', name=op.f('uq_absence_lead_id_starts_on'))
    )
    op.create_table('address',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('contact_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('blocked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], name=op.f('fk_address_contact_id_contact')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_address')),
    sa.UniqueConstraint('channel', 'fingerprint', name=op.f('uq_address_channel_fingerprint'))
    )
    with op.batch_alter_table('address', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_address_contact_id'), ['contact_id'], unique=False)

    op.create_table('coverage',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('lead_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('scope', sa.String(length=10), nullable=False),
    sa.Column('code', sa.String(length=8), nullable=False),
    sa.ForeignKeyConstraint(['lead_id'], ['lead.id'], name=op.f('fk_coverage_lead_id_lead')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_coverage')),
    sa.UniqueConstraint('lead_id', 'scope', 'code', name=op.f('uq_coverage_lead_id_scope_code'))
    )
    with op.batch_alter_table('coverage', schema=None) as batch_op:
        batch_op.create_index('ix_coverage_scope_code', ['scope', 'code'], unique=False)

    op.create_table('desk_account',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('lead_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('login', sa.String(length=64), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=False),
    sa.Column('failed_count', sa.Integer(), nullable=False),
    sa.Column('locked_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['lead_id'], ['lead.id'], name=op.f('fk_desk_account_lead_id_lead')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_desk_account')),
    sa.UniqueConstraint('lead_id', name=op.f('uq_desk_account_lead_id')),
    sa.UniqueConstraint('login', name=op.f('uq_desk_account_login'))
    )
    op.create_table('permanence',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('place_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lead_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('weekday', sa.Integer(), nullable=False),
    sa.Column('starts_at', sa.Time(), nullable=False),
    sa.Column('ends_at', sa.Time(), nullable=False),
    sa.Column('opening_minutes', sa.Integer(), nullable=False),
    sa.Column('capacity', sa.Integer(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('source_name', sa.Text(), nullable=True),
    sa.Column('source_url', sa.Text(), nullable=True),
    sa.Column('source_date', sa.String(length=10), nullable=True),
    sa.Column('source_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['lead_id'], ['lead.id'], name=op.f('fk_permanence_lead_id_lead')),
    sa.ForeignKeyConstraint(['place_id'], ['place.id'], name=op.f('fk_permanence_place_id_place')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_permanence')),
    sa.UniqueConstraint('code', name=op.f('uq_permanence_code'))
    )
    with op.batch_alter_table('permanence', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_permanence_lead_id'), ['lead_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_permanence_place_id'), ['place_id'], unique=False)

    op.create_table('stop',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('place_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('bus', sa.Text(), nullable=False),
    sa.Column('operator', sa.Text(), nullable=True),
    sa.Column('label', sa.Text(), nullable=True),
    sa.Column('quartier', sa.Text(), nullable=True),
    sa.Column('insee_code', sa.String(length=5), nullable=False),
    sa.Column('address', sa.Text(), nullable=True),
    sa.Column('lat', sa.Double(), nullable=False),
    sa.Column('lon', sa.Double(), nullable=False),
    sa.Column('timezone', sa.String(length=32), nullable=False),
    sa.Column('on_date', sa.Date(), nullable=False),
    sa.Column('starts_at', sa.Time(), nullable=True),
    sa.Column('ends_at', sa.Time(), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('source_name', sa.Text(), nullable=True),
    sa.Column('source_url', sa.Text(), nullable=True),
    sa.Column('source_date', sa.String(length=10), nullable=True),
    sa.Column('source_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['place_id'], ['place.id'], name=op.f('fk_stop_place_id_place')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stop')),
    sa.UniqueConstraint('code', name=op.f('uq_stop_code'))
    )
    with op.batch_alter_table('stop', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stop_on_date'), ['on_date'], unique=False)
        batch_op.create_index(batch_op.f('ix_stop_place_id'), ['place_id'], unique=False)

    op.create_table('poster',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=8), nullable=False),
    sa.Column('stop_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('place_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('permanence_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('label', sa.Text(), nullable=True),
    sa.CheckConstraint('(CASE WHEN stop_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN place_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN permanence_id IS NULL THEN 0 ELSE 1 END) = 1', name=op.f('ck_poster_one_target')),
    sa.ForeignKeyConstraint(['permanence_id'], ['permanence.id'], name=op.f('fk_poster_permanence_id_permanence')),
    sa.ForeignKeyConstraint(['place_id'], ['place.id'], name=op.f('fk_poster_place_id_place')),
    sa.ForeignKeyConstraint(['stop_id'], ['stop.id'], name=op.f('fk_poster_stop_id_stop')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_poster')),
    sa.UniqueConstraint('code', name=op.f('uq_poster_code'))
    )
    with op.batch_alter_table('poster', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_poster_permanence_id'), ['permanence_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_poster_place_id'), ['place_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_poster_stop_id'), ['stop_id'], unique=False)

    op.create_table('poster_opening',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=8), nullable=False),
    sa.Column('on_date', sa.Date(), nullable=False),
    sa.Column('openings', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_poster_opening')),
    sa.UniqueConstraint('code', 'on_date', name=op.f('uq_poster_opening_code_on_date'))
    )
    op.create_table('booking',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('reference', sa.String(length=12), nullable=False),
    sa.Column('contact_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('lead_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('place_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('permanence_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seat', sa.Integer(), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('cancelled_by', sa.String(length=16), nullable=True),
    sa.Column('moved_from_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("status IN ('booked', 'cancelled', 'moved', 'done', 'no_show')", name=op.f('ck_booking_status')),
    sa.CheckConstraint('starts_at < ends_at', name=op.f('ck_booking_times')),
    sa.ForeignKeyConstraint(['lead_id'], ['lead.id'], name=op.f('fk_booking_lead_id_lead')),
    sa.ForeignKeyConstraint(['moved_from_id'], ['booking.id'], name=op.f('fk_booking_moved_from_id_booking')),
    sa.ForeignKeyConstraint(['permanence_id'], ['permanence.id'], name=op.f('fk_booking_permanence_id_permanence')),
    sa.ForeignKeyConstraint(['place_id'], ['place.id'], name=op.f('fk_booking_place_id_place')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_booking')),
    sa.UniqueConstraint('reference', name=op.f('uq_booking_reference'))
    )
    with op.batch_alter_table('booking', schema=None) as batch_op:
        batch_op.create_index('ix_booking_contact_id_starts_at', ['contact_id', 'starts_at'], unique=False)
        batch_op.create_index('ix_booking_lead_id_starts_at', ['lead_id', 'starts_at'], unique=False)

    op.create_table('conversation',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('address_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('contact_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('state', sa.Text(), nullable=True),
    sa.Column('owner_lead_id', sa.Integer(), nullable=True),
    sa.Column('owner_epoch', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['address_id'], ['address.id'], name=op.f('fk_conversation_address_id_address')),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], name=op.f('fk_conversation_contact_id_contact')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conversation')),
    sa.UniqueConstraint('address_id', name=op.f('uq_conversation_address_id'))
    )
    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_conversation_contact_id'), ['contact_id'], unique=False)

    op.create_table('join_code',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('conversation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_join_code_conversation_id_conversation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_join_code'))
    )
    with op.batch_alter_table('join_code', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_join_code_conversation_id'), ['conversation_id'], unique=False)
        batch_op.create_index('uq_join_code_live', ['digest'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.create_table('join_try',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('conversation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_join_try_conversation_id_conversation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_join_try'))
    )
    with op.batch_alter_table('join_try', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_join_try_conversation_id'), ['conversation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_join_try_created_at'), ['created_at'], unique=False)

    op.create_table('desk_session',
    sa.Column('token_digest', sa.String(length=64), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('csrf_token', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['desk_account.id'], name=op.f('fk_desk_session_account_id_desk_account')),
    sa.PrimaryKeyConstraint('token_digest', name=op.f('pk_desk_session'))
    )
    with op.batch_alter_table('desk_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_desk_session_account_id'), ['account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_desk_session_expires_at'), ['expires_at'], unique=False)

    op.create_table('permanence_exception',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('permanence_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('on_date', sa.Date(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('starts_at', sa.Time(), nullable=True),
    sa.Column('ends_at', sa.Time(), nullable=True),
    sa.Column('place_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['permanence_id'], ['permanence.id'], name=op.f('fk_permanence_exception_permanence_id_permanence')),
    sa.ForeignKeyConstraint(['place_id'], ['place.id'], name=op.f('fk_permanence_exception_place_id_place')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_permanence_exception')),
    sa.UniqueConstraint('permanence_id', 'on_date', name=op.f('uq_permanence_exception_permanence_id_on_date'))
    )
    op.create_table('booking_cell',
    sa.Column('lead_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seat', sa.Integer(), nullable=False),
    sa.Column('booking_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['booking_id'], ['booking.id'], name=op.f('fk_booking_cell_booking_id_booking')),
    sa.ForeignKeyConstraint(['lead_id'], ['lead.id'], name=op.f('fk_booking_cell_lead_id_lead')),
    sa.PrimaryKeyConstraint('lead_id', 'starts_at', 'seat', name=op.f('pk_booking_cell'))
    )
    with op.batch_alter_table('booking_cell', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_booking_cell_booking_id'), ['booking_id'], unique=False)

    op.create_table('case_file',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('contact_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('conversation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lead_id', sa.Integer(), nullable=True),
    sa.Column('insee_code', sa.String(length=5), nullable=True),
    sa.Column('reason', sa.String(length=32), nullable=False),
    sa.Column('urgent', sa.Boolean(), nullable=False),
    sa.Column('profile', sa.Text(), nullable=True),
    sa.Column('summary', sa.Text(), nullable=True),
    sa.Column('outcome', sa.String(length=32), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], name=op.f('fk_case_file_contact_id_contact')),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_case_file_conversation_id_conversation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_file'))
    )
    with op.batch_alter_table('case_file', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_file_lead_id'), ['lead_id'], unique=False)
        batch_op.create_index('uq_case_file_open', ['contact_id'], unique=True, sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))

    op.create_table('lead_link',
    sa.Column('lead_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['lead_id'], ['lead.id'], name=op.f('fk_lead_link_lead_id_lead')),
    sa.PrimaryKeyConstraint('lead_id', name=op.f('pk_lead_link')),
    sa.UniqueConstraint('fingerprint', name=op.f('uq_lead_link_fingerprint'))
    )
    op.create_table('lead_code',
    sa.Column('lead_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['lead_id'], ['lead.id'], name=op.f('fk_lead_code_lead_id_lead')),
    sa.PrimaryKeyConstraint('lead_id', name=op.f('pk_lead_code')),
    sa.UniqueConstraint('digest', name=op.f('uq_lead_code_digest'))
    )
    op.create_table('case_thread',
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('chat_id', sa.BigInteger(), nullable=False),
    sa.Column('thread_id', sa.BigInteger(), nullable=True),
    sa.Column('head_id', sa.BigInteger(), nullable=True),
    sa.Column('head_digest', sa.String(length=64), nullable=True),
    sa.Column('told_id', sa.BigInteger(), nullable=False),
    sa.Column('is_open', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_case_thread_case_id_case_file')),
    sa.PrimaryKeyConstraint('case_id', name=op.f('pk_case_thread'))
    )
    with op.batch_alter_table('case_thread', schema=None) as batch_op:
        batch_op.create_index('ix_case_thread_place', ['chat_id', 'thread_id'], unique=False)

    op.create_table('message',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('conversation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('direction', sa.String(length=3), nullable=False),
    sa.Column('author', sa.String(length=8), nullable=False),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('provider_id', sa.String(length=128), nullable=True),
    sa.Column('text', sa.Text(), nullable=True),
    sa.Column('content', sa.Text(), nullable=True),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('retry_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('owner_epoch', sa.Integer(), nullable=True),
    sa.Column('lead_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_message_conversation_id_conversation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message')),
    sa.UniqueConstraint('channel', 'provider_id', name=op.f('uq_message_channel_provider_id'))
    )
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.create_index('ix_message_conversation', ['conversation_id', 'id'], unique=False)
        batch_op.create_index('ix_message_pending', ['conversation_id', 'id'], unique=False, sqlite_where=sa.text("status = 'pending'"), postgresql_where=sa.text("status = 'pending'"))

    op.create_table('case_entry',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.Column('lead_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], name=op.f('fk_case_entry_case_id_case_file')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_entry'))
    )
    with op.batch_alter_table('case_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_entry_case_id'), ['case_id'], unique=False)

    op.create_table('turn_event',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('conversation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('message_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_turn_event_conversation_id_conversation')),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_turn_event_message_id_message')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_turn_event'))
    )
    with op.batch_alter_table('turn_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_turn_event_conversation_id'), ['conversation_id'], unique=False)
        batch_op.create_index('ix_turn_event_kind', ['kind', 'created_at'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('turn_event', schema=None) as batch_op:
        batch_op.drop_index('ix_turn_event_kind')
        batch_op.drop_index(batch_op.f('ix_turn_event_conversation_id'))

    op.drop_table('turn_event')
    with op.batch_alter_table('case_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_case_entry_case_id'))

    op.drop_table('case_entry')
    with op.batch_alter_table('case_thread', schema=None) as batch_op:
        batch_op.drop_index('ix_case_thread_place')

    op.drop_table('case_thread')
    op.drop_table('lead_code')
    op.drop_table('lead_link')
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.drop_index('ix_message_pending', sqlite_where=sa.text("status = 'pending'"), postgresql_where=sa.text("status = 'pending'"))
        batch_op.drop_index('ix_message_conversation')

    op.drop_table('message')
    with op.batch_alter_table('case_file', schema=None) as batch_op:
        batch_op.drop_index('uq_case_file_open', sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_case_file_lead_id'))

    op.drop_table('case_file')
    with op.batch_alter_table('booking_cell', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_booking_cell_booking_id'))

    op.drop_table('booking_cell')
    op.drop_table('permanence_exception')
    with op.batch_alter_table('desk_session', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_desk_session_expires_at'))
        batch_op.drop_index(batch_op.f('ix_desk_session_account_id'))

    op.drop_table('desk_session')
    with op.batch_alter_table('join_try', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_join_try_created_at'))
        batch_op.drop_index(batch_op.f('ix_join_try_conversation_id'))

    op.drop_table('join_try')
    with op.batch_alter_table('join_code', schema=None) as batch_op:
        batch_op.drop_index('uq_join_code_live', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_join_code_conversation_id'))

    op.drop_table('join_code')
    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_conversation_contact_id'))

    op.drop_table('conversation')
    with op.batch_alter_table('booking', schema=None) as batch_op:
        batch_op.drop_index('ix_booking_lead_id_starts_at')
        batch_op.drop_index('ix_booking_contact_id_starts_at')

    op.drop_table('booking')
    op.drop_table('poster_opening')
    with op.batch_alter_table('poster', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_poster_stop_id'))
        batch_op.drop_index(batch_op.f('ix_poster_place_id'))
        batch_op.drop_index(batch_op.f('ix_poster_permanence_id'))

    op.drop_table('poster')
    with op.batch_alter_table('stop', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_stop_place_id'))
        batch_op.drop_index(batch_op.f('ix_stop_on_date'))

    op.drop_table('stop')
    with op.batch_alter_table('permanence', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_permanence_place_id'))
        batch_op.drop_index(batch_op.f('ix_permanence_lead_id'))

    op.drop_table('permanence')
    op.drop_table('desk_account')
    with op.batch_alter_table('coverage', schema=None) as batch_op:
        batch_op.drop_index('ix_coverage_scope_code')

    op.drop_table('coverage')
    with op.batch_alter_table('address', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_address_contact_id'))

    op.drop_table('address')
    op.drop_table('absence')
    with op.batch_alter_table('qpv', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_qpv_insee_code'))
        batch_op.drop_index('ix_qpv_box')

    op.drop_table('qpv')
    with op.batch_alter_table('place', schema=None) as batch_op:
        batch_op.drop_index('ix_place_lat_lon')
        batch_op.drop_index(batch_op.f('ix_place_insee_code'))

    op.drop_table('sender')
    op.drop_table('place')
    op.drop_table('lead')
    with op.batch_alter_table('job', schema=None) as batch_op:
        batch_op.drop_index('ix_job_order', sqlite_where=sa.text('done_at IS NULL'), postgresql_where=sa.text('done_at IS NULL'))
        batch_op.drop_index('ix_job_open', sqlite_where=sa.text('done_at IS NULL'), postgresql_where=sa.text('done_at IS NULL'))

    op.drop_table('job')
    with op.batch_alter_table('desk_submission', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_desk_submission_created_at'))

    op.drop_table('desk_submission')
    op.drop_table('contact')
