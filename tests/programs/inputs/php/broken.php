<?php
(new \stdClass())->field = 1;
