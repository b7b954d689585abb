import time, pytest
from videos import make_video
from cutroom.cli import main
def test_x(house,tmp_path,capsys):
    t=time.time(); p=make_video(tmp_path/'a.mp4',seconds=2); 
    for i in range(3):
        t=time.time(); rc=main(["video",str(p),"--out",str(house.out),"--no-transcript"]); print('ok',rc,time.time()-t)
    b=tmp_path/'b.mp4'; b.write_bytes(b'x'*5000)
    for i in range(2):
        t=time.time(); rc=main(["video",str(b),"--out",str(house.out),"--no-transcript"]); print('bad',rc,time.time()-t)
    out=capsys.readouterr(); print(out.out); print(out.err); assert 0
