"""Who may include what: the layers of the house, checked for every file.

Rooms are folders of this tree; the other names are groups of headers from outside. A folder may
include itself, and what stands here; nothing else.
"""

FOLDERS = ('core', 'proto', 'storage', 'runtime', 'coordinator', 'participant', 'client', 'tools',
           'simulations', 'tests', 'examples')

# First prefix that fits wins. "std" and "posix" are told apart in `group_of`.
_PREFIXES = (
    ('grpcpp/', 'grpc'), ('grpc/', 'grpc'), ('grpc++/', 'grpc'),
    ('google/protobuf/', 'protobuf'),
    ('leveldb/', 'leveldb'),
    ('glog/', 'glog'),
    ('absl/', 'absl'),
    ('gtest/', 'gtest'), ('gmock/', 'gtest'),
    ('toml.hpp', 'toml'), ('toml/', 'toml'), ('toml11/', 'toml'),
    ('CLI/', 'cli'),
    ('assent/', 'package'),
    ('sanitizer/', 'posix'),
)

_WIRE = {'generated', 'protobuf'}
_RPC = _WIRE | {'services', 'grpc', 'absl', 'glog'}

ALLOWED = {
    'core': {'std'},
    'proto': {'std', 'core'} | _WIRE,
    'storage': {'std', 'posix', 'core', 'leveldb'},
    'runtime': {'std', 'posix', 'core', 'proto'} | _RPC,
    'coordinator': {'std', 'posix', 'core', 'proto', 'storage', 'runtime', 'leveldb', 'toml',
                    'cli'} | _RPC,
    'participant': {'std', 'posix', 'core', 'proto', 'storage', 'runtime', 'leveldb'} | _RPC,
    'client': {'std', 'posix', 'core', 'proto', 'runtime'} | _RPC,
    'tools': {'std', 'posix', 'core', 'proto', 'storage', 'runtime', 'coordinator', 'participant',
              'client', 'simulations', 'leveldb', 'toml', 'cli'} | _RPC,
    'simulations': {'std', 'posix', 'core', 'proto', 'storage', 'coordinator', 'participant',
                    'leveldb', 'glog', 'cli'} | _WIRE,
    'tests': {'std', 'posix', 'gtest', 'leveldb', 'toml', 'cli'} | _RPC
             | (set(FOLDERS) - {'examples'}),
    'examples': {'std', 'posix', 'package', 'services', 'generated', 'protobuf', 'grpc', 'absl',
                 'glog', 'leveldb', 'cli', 'toml'},
}

_THREADS = {'thread', 'future', 'condition_variable', 'stop_token', 'semaphore', 'latch', 'barrier'}
BANNED = {
    'core': _THREADS | {'chrono', 'random', 'mutex', 'shared_mutex', 'atomic', 'iostream',
                        'fstream', 'ctime'},
    'storage': _THREADS,
    'simulations': _THREADS | {'chrono', 'random', 'mutex', 'shared_mutex', 'ctime'},
}

# What a folder may not reach through the headers that it includes either.
UNREACHABLE = {'simulations': {'grpc', 'services', 'runtime'}}


def group_of(include):
    """A folder's name, a group's name, or None for what this table does not know."""
    path = include.path
    if path.endswith('.grpc.pb.h'):
        return 'services'
    if path.endswith('.pb.h') and not path.startswith('google/'):
        return 'generated'
    for prefix, group in _PREFIXES:
        if path.startswith(prefix):
            return group
    if include.quoted and '/' not in path:
        return 'examples'  # built apart, as a stranger does: they include files beside them
    if include.quoted:
        folder = path.split('/')[0]
        return folder if '/' in path and folder in FOLDERS else None
    if path.endswith('.h'):
        return 'posix'
    return None if '/' in path or '.' in path else 'std'
