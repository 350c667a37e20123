"""The local endpoint: AWS's APIs in one process on one port, without Docker, account or licence.

Two maintained engines answer: ministack (CloudFormation, S3, Lambda, Step
Functions, Athena, the Glue catalog ...) and, in the same process, moto for the
services that ministack lacks. What is ours is the joint between them, further
CloudFormation types, the Glue engine that runs jobs and crawlers for real, and
the honesty about what nothing backs. README.md says what each module is for.
"""
