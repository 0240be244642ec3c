"""How a program reaches the platform: credentials, calls, and the lease that keeps a session alive.

The api-secret and the runtime token stay in here. What leaves is a `Permit` and a `SessionStatus`.
"""
